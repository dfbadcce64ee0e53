// What the page does: switching, sorting, filtering, tooltips, reading plots, copying, downloading. It shows numbers
// that are on the page or in the leaderboard embedded in it, and computes none. Events are handled at the document, so
// that a part that is replaced while a run goes on needs no setting up.
(() => {
  const tip = document.getElementById("tip"), said = document.getElementById("said");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const runOf = (element) => element.closest("[data-run]")?.dataset.run ?? "0";

  // --- Switches: an element with data-when="task:a|b axis:step" is shown in these settings.
  function applySwitches() {
    const settings = {};
    for (const input of all(".switch input:checked")) settings[input.name] = input.value;
    for (const element of all("[data-when]")) {
      element.hidden = !element.dataset.when.split(" ").every((condition) => {
        const [name, keys] = condition.split(":");
        const value = settings[`r${runOf(element)}-${name}`] ?? settings[`page-${name}`];
        return value === undefined || keys.split("|").includes(value);
      });
    }
    save();
  }

  // --- Filter: names of algorithms, or parts of them.
  function applyFilter(run) {
    const words = (run.querySelector("[data-filter]")?.value ?? "").toLowerCase().split(/[\s,]+/).filter(Boolean);
    for (const element of all("[data-algorithm]", run)) {
      if (element.parentElement.closest("[data-algorithm]")) continue; // A part of what is shown or not: a seed's curve.
      const name = element.dataset.algorithm.toLowerCase();
      element.classList.toggle("off", words.length > 0 && !words.some((word) => name.includes(word)));
    }
    // Bands of few curves do not cover each other.
    for (const curves of all(".many", run)) {
      const off = all(".series.off", curves).length, left = curves.children.length - off;
      curves.classList.toggle("chosen", off > 0 && left <= Number(curves.dataset.most));
    }
    save();
  }

  // --- Sorting by a heading: numbers first from the largest, except ranks; names first from a; nothing comes last.
  // How tables were sorted is kept, by run and caption: the column and whether it ascends.
  const sorted = new Map();
  const nameOf = (table) => `${runOf(table)} ${table.caption.textContent}`;
  function chooseSort(heading) {
    const ascendsFirst = heading.classList.contains("text") || heading.textContent === "rank";
    const before = heading.ariaSort, ascending = before === "none" ? ascendsFirst : before !== "ascending";
    sorted.set(nameOf(heading.closest("table")), [heading.cellIndex, ascending]);
    sortBy(heading, ascending);
    said.textContent = `sorted by ${heading.textContent}, ${heading.ariaSort}`;
    save();
  }
  function applySorts() {
    if (sorted.size === 0) return;
    for (const table of all("table.data")) {
      const [column, ascending] = sorted.get(nameOf(table)) ?? [];
      const heading = column !== undefined && [...table.tHead.rows].at(-1).cells[column];
      if (heading?.ariaSort) sortBy(heading, ascending);
    }
  }
  function sortBy(heading, ascending) {
    const body = [...heading.closest("table").tBodies].at(-1), column = heading.cellIndex;
    for (const other of all("th[aria-sort]", heading.closest("tr"))) other.ariaSort = "none";
    heading.ariaSort = ascending ? "ascending" : "descending";
    const keyOf = (row) => {
      const cell = row.cells[column];
      if (heading.classList.contains("text")) return cell.textContent.trim();
      const text = cell?.dataset.sort ?? cell?.querySelector("data")?.value ?? "";
      if (text !== "") return Number(text);
      const { path } = heading.dataset, value = path && row.dataset.path && numberAt(row, row.dataset.path + path);
      return typeof value === "number" ? value : null;
    };
    const order = (a, b) => typeof a === "string" ? a.localeCompare(b) : a - b;
    const rows = [...body.rows].map((row) => ({ row, key: keyOf(row) }));
    rows.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return ascending ? order(a.key, b.key) : order(b.key, a.key);
    });
    body.append(...rows.map(({ row }) => row));
  }

  // --- The leaderboard in full: read when it is first needed.
  const parsed = new Map();
  function leaderboard(run) {
    if (!parsed.has(run)) parsed.set(run, JSON.parse(document.getElementById(`leaderboard-${run}`).textContent));
    return parsed.get(run);
  }
  const numberAt = (element, pointer) => at(leaderboard(runOf(element)), pointer);
  const at = (value, pointer) =>
    pointer.split("/").slice(1).reduce(
      (inner, part) => inner?.[part.replaceAll("~1", "/").replaceAll("~0", "~")],
      value,
    );

  // --- Tooltips.
  function showTip(content, x, y) {
    tip.replaceChildren(content);
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${y + 18 + height > innerHeight ? Math.max(8, y - height - 12) : y + 18}px`;
  }
  const hideTip = () => tip.hidden = true;
  function points(value) {
    const text = (100 * value).toFixed(1);
    return Number(text) === 0 ? text.replace("-", "") : (value > 0 ? "+" : "") + text.replace("-", "−");
  }
  const percent = (value) => (100 * value).toFixed(1);
  const range = (low, high, format) => low === null || high === null ? "" : ` (${format(low)} to ${format(high)})`;
  function pairSentence({ a, b, difference, improvement, adjusted, significant }) {
    const p = adjusted === null ? "" : ` (Holm-adjusted p ${adjusted < 0.001 ? "below 0.001" : adjusted.toFixed(3)})`;
    return `${a} against ${b}: ${points(difference.mean)} points${
      range(difference.low, difference.high, points)
    } within ` +
      `seeds, ${
        significant ? "significant" : "not significant"
      }${p}. A run of ${a} beats one of ${b} with probability ` +
      `${percent(improvement.value)} %${range(improvement.low, improvement.high, percent)}.`;
  }
  function tipOf(target) {
    const element = target.closest?.("[data-tip], td.h, [data-pair]");
    if (!element) return null;
    const { tip, pair } = element.dataset;
    if (element.matches("td.h")) {
      const { path } = [...element.closest("table").tHead.rows].at(-1).cells[element.cellIndex].dataset;
      return numberAt(element, element.closest("tr").dataset.path + path);
    }
    if (pair) return pairSentence(numberAt(element, `${element.closest("table").dataset.pairs}/${pair}`));
    return tip;
  }

  // --- Plots of curves: the numbers at the nearest place, by pointer or arrow keys.
  let curvesBy = new WeakMap();
  function curvesOf(plot) {
    if (!curvesBy.has(plot)) {
      const written = plot.dataset.curves, [kind, path, name] = written.split(":");
      const found = () => numberAt(plot, path);
      let before = "";
      const curves = kind === "profiles"
        ? found().curves.map(({ share, ...curve }) => ({ ...curve, x: found().thresholds, mean: share }))
        : kind === "training"
        ? found().rows.filter(({ training }) => training?.steps.length)
          .map(({ label, training }) => ({ label, x: training.steps, ...training[name] }))
        : kind === "seeds"
        ? found().seeds.map(({ seed, curve }) => {
          const mean = curve.map((point) => point[name]);
          return { label: `seed ${seed}`, x: curve.map(({ step }) => step), mean, low: mean, high: mean };
        })
        : written.split("|").map((curve) => {
          const [label, places, ...lists] = curve.split(";");
          if (places) before = places; // Else those of the curve before.
          const [x, mean, low, high] = [before, ...lists].map((list) =>
            list.split(" ").map((text) => text === "-" ? null : Number(text))
          );
          return { label: decodeURIComponent(label), x, mean, low, high };
        });
      curvesBy.set(plot, curves);
    }
    return curvesBy.get(plot);
  }
  const share = (plot) => plot.dataset.unit.endsWith("%");
  function written(value, plot) {
    if (value === null) return "–";
    return share(plot) ? (100 * value).toFixed(1) : String(Number(value.toPrecision(3)));
  }
  function readPlot(plot, x, clientX, clientY) {
    const [low, high, from, to] = plot.dataset.axis.split(" ").map(Number);
    const hidden = new Set(all(".series.off", plot).map(({ dataset }) => dataset.algorithm));
    const rows = curvesOf(plot).filter(({ label }) => !hidden.has(label)).map((curve) => {
      let nearest = 0;
      curve.x.forEach((own, index) => {
        if (Math.abs(own - x) < Math.abs(curve.x[nearest] - x)) nearest = index;
      });
      return {
        label: curve.label,
        x: curve.x[nearest],
        mean: curve.mean[nearest],
        low: curve.low[nearest],
        high: curve.high[nearest],
      };
    }).filter(({ mean }) => mean !== null && mean !== undefined).sort((a, b) => b.mean - a.mean);
    if (rows.length === 0) return;
    const place = rows.reduce((best, row) => Math.abs(row.x - x) < Math.abs(best - x) ? row.x : best, rows[0].x);
    const table = document.createElement("table");
    const title = table.insertRow().insertCell();
    title.colSpan = 3;
    title.textContent = `${plot.dataset.unit} at ${Number(place.toPrecision(4))}`;
    for (const row of rows) {
      const line = table.insertRow();
      line.insertCell().textContent = row.label;
      line.insertCell().textContent = written(row.mean, plot);
      line.insertCell().textContent = row.low === row.high
        ? ""
        : `${written(row.low, plot)} to ${written(row.high, plot)}`;
    }
    plot.dataset.at = place;
    let guide = plot.querySelector(".guide");
    if (!guide) {
      guide = document.createElementNS("http://www.w3.org/2000/svg", "path");
      guide.setAttribute("class", "guide");
      plot.append(guide);
    }
    const pixel = from + (to - from) * (place - low) / (high - low), { height } = plot.viewBox.baseVal;
    guide.setAttribute("d", `M${pixel} 34V${height - 46}`);
    const box = plot.getBoundingClientRect();
    showTip(table, clientX ?? box.left + pixel * box.width / plot.viewBox.baseVal.width, clientY ?? box.top + 40);
    return rows;
  }
  function leavePlot(plot) {
    plot.querySelector(".guide")?.remove();
    delete plot.dataset.at;
    hideTip();
  }
  function brighten(plot, name) {
    plot.classList.toggle("hot", name !== undefined);
    for (const series of all(".series", plot)) {
      series.classList.toggle("dim", name !== undefined && series.dataset.algorithm !== name);
    }
  }

  // The next curve in the order of their last numbers, or the one before; said with the number.
  function chooseCurve(plot, far) {
    const lastOf = ({ mean }) => mean.findLast((value) => value !== null) ?? null;
    const own = new Map(all(".series:not(.off)", plot).map((series) => [series.dataset.algorithm, series]));
    const order = curvesOf(plot).filter(({ label }) => own.has(label)).sort((a, b) => lastOf(b) - lastOf(a));
    if (order.length === 0) return;
    const now = order.findIndex(({ label }) => label === plot.dataset.chosen);
    const next = order[now < 0 ? (far > 0 ? 0 : order.length - 1) : Math.max(0, Math.min(order.length - 1, now + far))];
    plot.dataset.chosen = next.label;
    brighten(plot, next.label);
    said.textContent = `${next.label}: ${written(lastOf(next), plot)} at the end`;
  }
  function leaveCurve(plot) {
    delete plot.dataset.chosen;
    brighten(plot);
  }

  // --- Pointer.
  document.addEventListener("pointerover", ({ target, clientX, clientY }) => {
    const text = tipOf(target), plot = target.closest?.(".plot");
    if (plot) brighten(plot, target.closest(".series")?.dataset.algorithm);
    if (text) showTip(text, clientX, clientY);
    else if (!plot?.dataset.curves) hideTip();
  });
  document.addEventListener("pointermove", ({ target, clientX, clientY }) => {
    const plot = target.closest?.("[data-curves]");
    if (!plot) return;
    const [low, high, from, to] = plot.dataset.axis.split(" ").map(Number), box = plot.getBoundingClientRect();
    const pixel = (clientX - box.left) * plot.viewBox.baseVal.width / box.width;
    readPlot(plot, low + (high - low) * (pixel - from) / (to - from), clientX, clientY);
  });
  document.addEventListener("pointerout", ({ target, relatedTarget }) => {
    const plot = target.closest?.(".plot");
    if (!plot || plot.contains(relatedTarget)) return;
    brighten(plot, plot.dataset.chosen);
    if (plot.dataset.curves) leavePlot(plot);
  });

  // --- Keyboard.
  document.addEventListener("focusin", ({ target }) => {
    if (!target.matches(":focus-visible")) return;
    const text = tipOf(target), { left, bottom } = target.getBoundingClientRect();
    if (text && target.matches("[data-tip], [data-pair]")) showTip(text, left, bottom);
  });
  document.addEventListener(
    "focusout",
    ({ target }) => {
      if (!target.matches("[data-curves]")) return hideTip();
      leavePlot(target);
      leaveCurve(target);
    },
  );
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    const plot = target.closest?.("[data-curves]");
    if (key === "Escape") {
      if (plot) leaveCurve(plot);
      return hideTip();
    }
    if (plot && (key === "ArrowUp" || key === "ArrowDown")) {
      event.preventDefault();
      chooseCurve(plot, key === "ArrowDown" ? 1 : -1);
    }
    if (plot && (key === "ArrowLeft" || key === "ArrowRight")) {
      event.preventDefault();
      const places = [...new Set(curvesOf(plot).flatMap(({ x }) => x))].sort((a, b) => a - b);
      const now = places.indexOf(Number(plot.dataset.at ?? NaN));
      const next = now < 0 ? (key === "ArrowRight" ? 0 : places.length - 1) : now + (key === "ArrowRight" ? 1 : -1);
      const rows = readPlot(plot, places[Math.max(0, Math.min(places.length - 1, next))]);
      if (rows) {
        said.textContent = `at ${plot.dataset.at}: ${
          rows.map(({ label, mean }) => `${label} ${written(mean, plot)}`).join(", ")
        }`;
      }
    }
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
    if (step && target.matches("[data-pair]")) {
      event.preventDefault();
      const row = target.parentElement, body = row.parentElement;
      const beside = (far) => body.rows[row.sectionRowIndex + far * step[0]]?.cells[target.cellIndex + far * step[1]];
      const next = [beside(1), beside(2)].find((cell) => cell?.matches("[data-pair]"));
      if (!next) return;
      target.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
      said.textContent = tipOf(next);
    }
  });

  // --- Buttons.
  function download({ download: id, part, name }) {
    const value = JSON.parse(document.getElementById(id).textContent);
    const text = JSON.stringify(part ? value[part] : value, null, 2) + "\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
      button.textContent = "selected";
    }
    setTimeout(() => button.textContent = "copy", 1500);
  }
  document.addEventListener("click", ({ target }) => {
    const heading = target.closest("th[aria-sort]"), button = target.closest("button");
    if (heading && button) return chooseSort(heading);
    if (button?.dataset.copy) return copy(button);
    if (button?.dataset.download) return download(button.dataset);
    if (button?.dataset.open) {
      const parts = all(`details.${button.dataset.open}`, button.closest("section")),
        open = parts.some((part) => !part.open);
      for (const part of parts) part.open = open;
      button.textContent = open ? "close all" : "open all";
    }
  });
  document.addEventListener("change", ({ target }) => target.matches(".switch input") && applySwitches());
  document.addEventListener(
    "input",
    ({ target }) => target.matches("[data-filter]") && applyFilter(target.closest(".run")),
  );

  // --- Sections that are not on the screen are laid out one by one once the page is open, which is then usable sooner;
  // all at once when someone goes to one of them or comes back to a place, as the way there must be known.
  function layOut(sections = all("section:not([data-laid])")) {
    for (const section of sections) section.dataset.laid = "";
    return sections.length > 0;
  }
  function layOutNext() {
    const next = all("section:not([data-laid])").slice(0, 1);
    if (layOut(next)) requestAnimationFrame(() => setTimeout(layOutNext));
  }
  document.addEventListener("click", ({ target }) => target.closest("a[href^='#']") && layOut());

  function openTarget() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const details = target && target.closest?.("details");
    if (details) details.open = true;
  }
  addEventListener("hashchange", openTarget);

  // --- What is chosen survives a reload.
  const memory = `podium ${document.title}`;
  function save() {
    const chosen = all(".switch input:checked").map(({ name, value }) => [name, value]);
    const filters = all("[data-filter]").map(({ value }) => value);
    try {
      sessionStorage.setItem(memory, JSON.stringify({ chosen, filters, sorts: [...sorted] }));
    } catch { /* A page from a file may have no storage. */ }
  }
  function restore() {
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(memory));
    } catch { /* As above. */ }
    for (const [name, value] of kept?.chosen ?? []) {
      for (const input of all(".switch input")) if (input.name === name && input.value === value) input.checked = true;
    }
    all("[data-filter]").forEach((input, index) => input.value = kept?.filters?.[index] ?? input.value);
    for (const [table, sort] of kept?.sorts ?? []) sorted.set(table, sort);
  }
  function begin() {
    applySwitches();
    for (const run of all(".run")) applyFilter(run);
    applySorts();
    for (const matrix of all("[data-pairs]")) {
      if (!matrix.querySelector("[tabindex='0']")) matrix.querySelector("[data-pair]")?.setAttribute("tabindex", "0");
    }
  }

  // --- The page was renewed: see live.js.
  document.addEventListener("renewed", () => {
    parsed.clear();
    curvesBy = new WeakMap();
    layOut();
    begin();
    for (const plot of all("[data-curves][data-at]")) readPlot(plot, Number(plot.dataset.at));
    for (const plot of all("[data-curves][data-chosen]")) brighten(plot, plot.dataset.chosen);
  });

  restore();
  begin();
  const [opening] = performance.getEntriesByType("navigation");
  if (location.hash || opening?.type !== "navigate") layOut();
  openTarget();
  addEventListener("load", () => setTimeout(layOutNext));
})();
