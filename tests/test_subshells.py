"""In JupyterLab widget callbacks may run in a thread of their own, a subshell; in Voilà they run in the main thread. The pages work in both.

Kernels differ in how they choose: by what the message says (ipykernel 7.0), or by the thread that spoke last through that widget (7.4). Here
both say the same: the cell that makes the page runs where its callbacks shall run.
"""

import json
import time

import pytest
from jupyter_client.manager import start_new_kernel

PAGES = """
import json, threading
from mi_explorer import Experiment, Gaussian
from mi_explorer.pages.panels import PanelPage
from mi_explorer.pages.watch import WatchPage
from mi_explorer.pages.why import LESSON

panels = PanelPage(LESSON, "microscope")
watch = WatchPage(Experiment(distribution=Gaussian(dim=2, correlation=0.5), critic="separable", width=8, batch_size=8, steps=40, bounds=("infonce",)))
threads = []
for page in (panels, watch):
    page.run_button.on_click(lambda _: threads.append(threading.current_thread() is threading.main_thread()))
print(json.dumps({
    "answer": panels.desk.predict.buttons["2"].model_id, "repeats": panels.desk.fields["repeats"].model_id, "run": panels.run_button.model_id,
    "correlation": watch.problem.sliders["correlation"].model_id, "watch": watch.run_button.model_id,
}))
"""
STAND = """
print(json.dumps({
    "panels": panels.desk.state, "repeats": panels.desk.study.repeats, "said": panels.desk.predict.said, "outcome": panels.outcome.value,
    "watch": watch.state, "correlation": watch.experiment.distribution.correlation, "main": threads,
}))
"""


@pytest.fixture
def kernel():
    manager, client = start_new_kernel(startup_timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def carry_out(client, code, shell=None):
    """What a cell prints, as JSON, run in a subshell if one is named; a cell that fails fails the test."""
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False, "stop_on_error": True}
    message = client.session.msg("execute_request", content)
    message["header"]["subshell_id"] = shell
    client.shell_channel.send(message)
    text, deadline = "", time.monotonic() + 60
    while True:
        heard = client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
        if heard["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        assert heard["msg_type"] != "error", heard["content"]
        if heard["msg_type"] == "stream" and heard["content"]["name"] == "stdout":
            text += heard["content"]["text"]
        if heard["msg_type"] == "status" and heard["content"]["execution_state"] == "idle":
            return json.loads(text)


def subshell(client):
    request = client.session.msg("create_subshell_request")
    client.control_channel.send(request)
    return client.control_channel.get_msg(timeout=20)["content"]["subshell_id"]


@pytest.mark.parametrize("where", ["main", "subshell"])
def test_run_and_sliders_work_wherever_callbacks_run(kernel, where):
    shell = subshell(kernel) if where == "subshell" else None
    models = carry_out(kernel, PAGES, shell)

    def tell(model, data):
        message = kernel.session.msg("comm_msg", {"comm_id": models[model], "data": data})
        message["header"]["subshell_id"] = shell
        kernel.shell_channel.send(message)

    press = {"method": "custom", "content": {"event": "click"}}
    tell("answer", press)
    tell("repeats", {"method": "update", "state": {"value": 30}, "buffer_paths": []})
    tell("correlation", {"method": "update", "state": {"value": 0.7}, "buffer_paths": []})
    tell("run", press)
    tell("watch", press)
    deadline = time.monotonic() + 90
    while True:
        stand = carry_out(kernel, STAND, shell)
        if stand["panels"] == stand["watch"] == "finished" and stand["outcome"]:
            break
        assert time.monotonic() < deadline, stand
        time.sleep(0.2)
    assert stand["repeats"] == 30 and stand["correlation"] == pytest.approx(0.7) and stand["said"] == 2
    assert "so it is" in stand["outcome"]
    assert stand["main"] == [where == "main"] * 2  # the callbacks ran where this test means them to
