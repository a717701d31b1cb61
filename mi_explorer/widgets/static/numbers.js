// The numbers in a picture: a closed part below it that asks for them when it is opened.

const FILL_EVERY = 2000; // milliseconds between two fillings while a picture is live: whoever reads needs them to stay

export default {
  render({ model, el }) {
    const fold = document.createElement("details");
    fold.className = "mi-more mi-numbers";
    const summary = document.createElement("summary");
    summary.textContent = "The numbers in this picture";
    const body = document.createElement("div");
    body.tabIndex = 0; // wide tables are scrolled by keyboard, too
    body.setAttribute("role", "region");
    body.setAttribute("aria-label", summary.textContent);
    fold.append(summary, body);
    let filled = 0;
    let timer = null;
    const fill = () => {
      timer = null;
      filled = Date.now();
      body.innerHTML = model.get("html");
    };
    const soon = () => (timer ??= setTimeout(fill, Math.max(0, filled + FILL_EVERY - Date.now())));
    const appear = () => (fold.hidden = !model.get("there"));
    fold.addEventListener("toggle", () => {
      filled = 0; // what it was filled with before is old
      if (model.get("opened") === fold.open) return;
      model.set("opened", fold.open);
      model.save_changes();
    });
    model.on("change:html", soon);
    model.on("change:there", appear);
    fold.open = model.get("opened");
    appear();
    fill();
    el.append(fold);
    return () => {
      clearTimeout(timer);
      model.off("change:html", soon);
      model.off("change:there", appear);
    };
  },
};
