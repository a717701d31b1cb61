// Carries the style sheet, and repairs what the widgets leave undone: names, roles and texts for screen readers, folding.

const set = (node, name, value) => {
  if (node && value && node.getAttribute(name) !== value) node.setAttribute(name, value);
};

function nameSliders(page) {
  for (const control of page.querySelectorAll(".mi-slider")) {
    const label = control.querySelector(".widget-label")?.textContent;
    const readout = control.querySelector(".widget-readout");
    const handle = control.querySelector(".noUi-handle");
    set(handle, "aria-label", label);
    set(handle, "aria-valuetext", readout?.textContent); // its own text is a rounded number, of a log slider the exponent
    set(readout, "role", "textbox");
    set(readout, "tabindex", "0");
    set(readout, "aria-label", `${label}: type a value`);
  }
}

function nameGroups(page) {
  for (const box of page.querySelectorAll(".mi-group")) {
    set(box, "role", "group");
    set(box, "aria-label", box.parentElement.querySelector(".mi-label")?.textContent);
  }
  for (const buttons of page.querySelectorAll(".mi-segments")) {
    const group = buttons.querySelector(".widget-toggle-buttons > div, .widget-inline-hbox > div") ?? buttons;
    set(group, "role", "group");
    set(group, "aria-label", buttons.querySelector(".widget-label")?.textContent);
    for (const button of buttons.querySelectorAll("button"))
      set(button, "aria-pressed", String(button.classList.contains("mod-active")));
  }
  for (const button of page.querySelectorAll(".mi-choice")) set(button, "aria-pressed", String(button.classList.contains("mi-on")));
}

const folded = (fold) => getComputedStyle(fold.querySelector(":scope > .mi-fold-body")).display === "none";

function nameFolds(page) {
  for (const button of page.querySelectorAll(".mi-fold-button")) {
    const fold = button.closest(".mi-fold");
    if (fold.querySelector(":scope > .mi-fold-body")) set(button, "aria-expanded", String(!folded(fold)));
  }
}

function toggleFold(event) {
  const button = event.target.closest?.(".mi-fold-button");
  if (!button) return;
  const fold = button.closest(".mi-fold");
  const open = folded(fold);
  fold.classList.toggle("mi-opened", open);
  fold.classList.toggle("mi-closed", !open);
  button.setAttribute("aria-expanded", String(open));
}

// One observer for the document, however many pages it shows.
function watch() {
  if (window.miExplorerWatch) return;
  let waiting = false;
  const pass = () => {
    waiting = false;
    for (const page of document.querySelectorAll(".mi-page")) {
      nameSliders(page);
      nameGroups(page);
      nameFolds(page);
      announce(page);
    }
  };
  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(pass, 60);
  };
  window.miExplorerWatch = new MutationObserver(soon);
  window.miExplorerWatch.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
  addEventListener("resize", soon);
  document.addEventListener("click", toggleFold);
  soon();
}

export default {
  render({ model, el }) {
    el.style.display = "none";
    watch();
    const report = (name, value) => {
      if (model.get(name) === value) return;
      model.set(name, value);
      model.save_changes();
    };
    const tell = () => report("dark", getComputedStyle(el).colorScheme === "dark");
    const sight = new IntersectionObserver((entries) => report("inside", entries.at(-1).isIntersecting), { rootMargin: "150px" });
    setTimeout(() => {
      const card = el.closest(".mi-page")?.querySelector(".mi-inside");
      if (card) sight.observe(card);
    }, 100);
    const width = new ResizeObserver((entries) => report("narrow", entries.at(-1).contentRect.width <= 800));
    setTimeout(() => {
      const page = el.closest(".mi-page");
      if (page) width.observe(page);
    }, 100);
    const themes = new MutationObserver(() => setTimeout(tell, 30));
    for (const node of [document.documentElement, document.body]) themes.observe(node, { attributes: true });
    setTimeout(tell, 30);
    return () => {
      themes.disconnect();
      sight.disconnect();
      width.disconnect();
    };
  },
};
