// Hand in a table: open or drop a file, or paste text. Whatever it is goes to Python in pieces.

const PIECE = 512 * 1024; // bytes; far below what the server accepts in one message

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

export default {
  render({ model, el }) {
    const box = element("div", "mi-intake");
    const open = element("button", "mi-button mi-plain mi-open-file", "Open a CSV file…");
    open.type = "button";
    const file = element("input", "mi-file");
    Object.assign(file, { type: "file", accept: ".csv,.tsv,.tab,.txt,text/csv,text/plain,text/tab-separated-values", tabIndex: -1 });
    file.setAttribute("aria-label", "CSV file");
    const hint = element("span", "mi-drop-hint", "or drop it here");
    const paste = element("details", "mi-paste");
    const area = element("textarea", "mi-paste-text");
    area.placeholder = "height,weight\n172,68\n165,59";
    area.rows = 6;
    area.spellcheck = false;
    area.setAttribute("aria-label", "Pasted table");
    const use = element("button", "mi-button mi-plain mi-use-text", "Use this text");
    use.type = "button";
    paste.append(element("summary", "", "Paste a table"), area, use);
    const note = element("p", "mi-intake-note");
    note.setAttribute("role", "status");
    const line = element("div", "mi-intake-line");
    line.append(open, file, hint);
    box.append(line, paste, note);
    el.append(box);

    let sending = null; // { name, bytes, sent }

    const say = (text, bad = false) => {
      note.textContent = text;
      note.classList.toggle("mi-error", bad);
    };
    const next = () => {
      const { name, bytes, sent } = sending;
      const piece = bytes.slice(sent, sent + PIECE);
      sending.sent = sent + piece.byteLength;
      model.send({ type: "piece", name, first: sent === 0, last: sending.sent >= bytes.byteLength }, undefined, [piece]);
      if (bytes.byteLength > PIECE) say(`Sending: ${megabytes(sending.sent)} of ${megabytes(bytes.byteLength)}`);
    };
    const tooLarge = (size) => {
      const most = model.get("max_bytes");
      if (size <= most) return false;
      say(`This table has ${megabytes(size)}; at most ${megabytes(most)} fit here. Keep fewer rows or columns, or use the command mi-explorer estimate.`, true);
      return true;
    };
    const send = (name, bytes) => {
      if (tooLarge(bytes.byteLength)) return;
      if (!bytes.byteLength) return say("There is nothing in it: choose another file, or paste a header line and rows.", true);
      sending = { name, bytes, sent: 0 };
      say("");
      next();
    };
    const take = async (chosen) => {
      if (!chosen || tooLarge(chosen.size)) return;
      try {
        send(chosen.name, await chosen.arrayBuffer());
      } catch {
        say("The browser could not read this file: choose it again.", true);
      }
    };
    const receive = (message) => {
      if (!sending) return;
      if (message.type === "more") return next();
      sending = null;
      if (message.type === "refused") say("This table is too large for this page.", true);
      else say("");
    };

    open.addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      await take(file.files[0]);
      file.value = ""; // the same file, corrected, can be chosen again
    });
    use.addEventListener("click", () => send("pasted table", new TextEncoder().encode(area.value).buffer));
    box.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      box.classList.add("mi-over");
    });
    box.addEventListener("dragleave", (event) => {
      if (!box.contains(event.relatedTarget)) box.classList.remove("mi-over");
    });
    box.addEventListener("drop", (event) => {
      box.classList.remove("mi-over");
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      take(event.dataTransfer.files[0]);
    });
    model.on("msg:custom", receive);
    return () => model.off("msg:custom", receive);
  },
};
