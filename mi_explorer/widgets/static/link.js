// The address's fragment, copying a link, and downloads.

const SETTLE_MS = 150; // sliders write their snapped values back while they are created: do not take that for a wish

const ownsAddress = () => document.body.dataset.miPage === "voila";
const currentFragment = () => {
  try {
    return decodeURI(location.hash.slice(1));
  } catch {
    return location.hash.slice(1); // a broken escape: let Python say that the link is broken
  }
};

function linkOf(model) {
  const fragment = model.get("fragment");
  if (ownsAddress()) return location.href.split("#")[0] + (fragment ? `#${fragment}` : "");
  return `${model.get("share_url")}#${fragment}`;
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // no clipboard without HTTPS: fall back to a selected field
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("aria-hidden", "true");
  field.style.cssText = "position:fixed; opacity:0";
  document.body.append(field);
  const focused = document.activeElement;
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return copied;
}

function save({ filename, mime }, bytes) {
  const url = URL.createObjectURL(new Blob([bytes], { type: mime }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = filename;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function button(className, label, title = "") {
  const node = document.createElement("button");
  node.type = "button";
  node.className = `mi-button ${className}`;
  node.textContent = label;
  if (title) node.title = title;
  return node;
}

// The address belongs to the page, not to a view of this widget: it is followed even where the buttons are not shown.
function followAddress(model) {
  if (!ownsAddress()) {
    setTimeout(() => {
      model.set("loaded", true);
      model.save_changes();
    }, SETTLE_MS);
    return;
  }
  const read = () => {
    model.set("fragment", currentFragment());
    model.set("loaded", true);
    model.save_changes();
  };
  const write = () => {
    const fragment = model.get("fragment");
    if (!model.get("loaded") || fragment === currentFragment()) return;
    history.replaceState(history.state, "", fragment ? `#${fragment}` : location.pathname + location.search);
  };
  setTimeout(() => {
    read();
    model.on("change:fragment", write);
    addEventListener("hashchange", read);
  }, SETTLE_MS);
}

export default {
  initialize({ model }) {
    followAddress(model);
    model.on("msg:custom", (message) => message.type === "work" && keepWork(message.entry));
  },

  render({ model, el }) {
    const row = document.createElement("div");
    row.className = "mi-share";
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", "Share and download");
    const note = document.createElement("span");
    note.className = "mi-share-note";
    note.setAttribute("role", "status");
    let timer;
    const say = (text) => {
      note.textContent = text;
      clearTimeout(timer);
      timer = setTimeout(() => (note.textContent = ""), 6000);
    };
    const copy = async () => {
      const link = linkOf(model);
      say((await copyText(link)) ? "Link copied" : `Copy this link: ${link}`);
    };
    const build = () => {
      const copyButton = button("mi-icon mi-icon-link mi-copy-link", "Copy link");
      copyButton.addEventListener("click", copy);
      const downloads = model.get("downloads").map(([name, label, title]) => {
        const node = button(`mi-icon mi-icon-download mi-download-${name}`, label, title);
        node.addEventListener("click", () => model.send({ type: "download", name }));
        return node;
      });
      const work = button("mi-icon mi-icon-download mi-download-work", "Save my work", "What you ran in this tab, in all lessons, as a notebook that runs it again");
      work.addEventListener("click", () => {
        const entries = doneSoFar();
        if (!entries.length) return say("There is no work to save yet: run something first.");
        const file = { filename: "my-work.ipynb", mime: "application/x-ipynb+json" };
        save(file, JSON.stringify(workNotebook(entries), null, 1));
        say(`${file.filename} saved: ${entries.length} experiment${entries.length === 1 ? "" : "s"}`);
      });
      row.replaceChildren(copyButton, ...downloads, work, note);
    };
    const receive = (message, buffers) => {
      if (message.type === "copy") copy();
      if (message.type === "say") say(message.text);
      if (message.type === "download") {
        save(message, buffers[0]);
        say(`${message.filename} saved`);
      }
    };
    model.on("change:downloads", build);
    model.on("msg:custom", receive);
    build();
    el.append(row);
    return () => {
      model.off("change:downloads", build);
      model.off("msg:custom", receive);
    };
  },
};
