// What the visitor has done in this tab, over all lessons: kept by the browser until the tab is closed, saved as a notebook.

const WORK = "mi-work";
const MOST = 100; // experiments: the oldest leave
let unstored = []; // where the browser stores nothing, this page's own

function doneSoFar() {
  try {
    return JSON.parse(sessionStorage.getItem(WORK) ?? "[]");
  } catch {
    return unstored;
  }
}

// An entry of the same id takes its place: a slider on its way.
function keepWork(entry) {
  let entries = doneSoFar().filter(({ id }) => id !== entry.id);
  entries.push(entry);
  entries = unstored = entries.slice(-MOST);
  while (entries.length) {
    try {
      sessionStorage.setItem(WORK, JSON.stringify(entries));
      return;
    } catch {
      entries = entries.slice(Math.ceil(entries.length / 4)); // full: make room
    }
  }
}

function workNotebook(entries) {
  const when = new Date().toISOString().slice(0, 16).replace("T", " ");
  const about = `# My work in MI Explorer\n\n${entries.length} experiment${entries.length === 1 ? "" : "s"}, in the order in which they were made, ` +
    `saved on ${when} UTC. Each cell runs one again; the lines above it say what was seen. It needs the package \`mi_explorer\`.`;
  const cells = [["markdown", about], ["code", "import mi_explorer as mi"], ...entries.flatMap((entry) => entry.cells)];
  const cell = ([kind, source], number) => ({
    cell_type: kind, id: `cell-${number}`, metadata: {}, source, ...(kind === "code" ? { execution_count: null, outputs: [] } : {}),
  });
  const kernelspec = { display_name: "Python 3", language: "python", name: "python3" };
  return { cells: cells.map(cell), metadata: { kernelspec, language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 };
}
