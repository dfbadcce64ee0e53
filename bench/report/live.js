// While a run goes on: the page is fetched again whenever the run has got on, and what is new is put into the one that
// is open, node by node, so that scrolling, focus, open details and what was typed stay as they are. page.js is told by
// the event `renewed`, and does again what it had done to the page.
(() => {
  const root = document.documentElement, state = document.querySelector(".live");
  // What the reader, or page.js for them, has set.
  const kept = { DETAILS: ["open"], TD: ["tabindex"], SECTION: ["data-laid"], svg: ["data-at", "data-chosen"] };
  const stays = (element, name) =>
    kept[element.nodeName]?.includes(name) || name === "hidden" && element.dataset?.when !== undefined;

  // Nodes of two versions that are the same thing: of one algorithm, one setting of a switch, one id.
  const keyOf = (node) =>
    `${node.nodeName} ${node.id || node.dataset?.algorithm || node.dataset?.when || node.dataset?.path || ""}`;

  function putAttributes(own, fresh) {
    for (const name of own.getAttributeNames()) {
      if (!fresh.hasAttribute(name) && !stays(own, name)) own.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (own.getAttribute(name) !== value && !stays(own, name)) own.setAttribute(name, value);
    }
  }
  function put(own, fresh) {
    if (own.isEqualNode(fresh)) return;
    if (own.nodeType !== Node.ELEMENT_NODE) {
      own.nodeValue = fresh.nodeValue;
      return;
    }
    putAttributes(own, fresh);
    const known = Map.groupBy(own.childNodes, keyOf);
    const pairs = [...fresh.childNodes].map((child) => ({ child, same: known.get(keyOf(child))?.shift() }));
    for (const gone of [...known.values()].flat()) gone.remove();
    let place = own.firstChild;
    for (const { child, same } of pairs) {
      if (same && same === place) place = place.nextSibling;
      else own.insertBefore(same ?? document.adoptNode(child), place);
      if (same) put(same, child);
    }
  }

  let shown = root.dataset.live, wanted = shown, working = false;
  async function fetchPage() {
    const fresh = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
    for (const script of fresh.querySelectorAll("script[type='application/json']")) {
      const own = document.getElementById(script.id);
      if (own) own.textContent = script.textContent;
      else document.body.append(document.adoptNode(script));
    }
    for (const part of ["main", "footer"]) put(document.querySelector(part), fresh.querySelector(part));
    document.dispatchEvent(new Event("renewed"));
    return fresh.documentElement.dataset.live;
  }
  async function renew() {
    if (working) return;
    working = true;
    try {
      while (shown !== wanted) {
        const asked = wanted;
        root.dataset.live = shown = await fetchPage();
        // The server may have got on in between; then it says so, or has said so.
        if (wanted === asked) wanted = shown;
      }
    } catch {
      wanted = shown; // The server has stopped; when it is there again it says its version.
    } finally {
      working = false;
    }
  }

  const events = new EventSource("events");
  events.addEventListener("version", ({ data }) => {
    wanted = data;
    renew();
  });
  events.addEventListener("open", () => state.textContent = "live");
  events.addEventListener("error", () => state.textContent = "the server has stopped");
})();
