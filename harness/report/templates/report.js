// Draws each figure at the width it has, in the colours of the theme; again when width, theme or paper change.
"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const root = document.documentElement;

  const coloured = (value, style) => {
    if (typeof value === "string") {
      const name = /^var\((--[a-z0-9-]+)\)$/.exec(value);
      return name ? style.getPropertyValue(name[1]).trim() : value;
    }
    if (Array.isArray(value)) return value.map((each) => coloured(each, style));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, coloured(each, style)]));
  };

  const draw = (place) => {
    const width = place.clientWidth;
    const figure = figures[place.dataset.figure];
    if (!width || !figure) return;
    const widths = figure.widths || [{}];
    const fitting = (widths.findLast((each) => each.from <= width) || widths[0]).layout;
    const { data, layout } = coloured({ data: figure.data, layout: { ...figure.layout, ...fitting } }, getComputedStyle(root));
    Plotly.react(place, data, { ...layout, width }, { displayModeBar: false, responsive: false });
    place.dataset.width = width;
  };

  const places = [...document.querySelectorAll("[data-figure]")];
  const drawAll = () => places.forEach(draw);
  const redraw = () => places.filter((place) => place.clientWidth !== Number(place.dataset.width)).forEach(draw);
  const widened = new ResizeObserver(() => requestAnimationFrame(redraw));
  const onPaper = (paper) => {
    root.classList.toggle("paper", paper);
    drawAll();
  };

  const begin = () => {
    places.forEach((place) => widened.observe(place));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
    addEventListener("beforeprint", () => onPaper(true));
    addEventListener("afterprint", () => onPaper(false));
  };
  const without = () => {
    if (!places.length) return;
    root.classList.add("no-pictures");
    document.getElementById("no-pictures").hidden = false;
  };

  // The plotting script is where this page was made; a page that was copied may have it beside it.
  const fromBeside = ({ dataset, nonce }) => {
    const script = Object.assign(document.createElement("script"), { src: dataset.script, onload: begin, onerror: without });
    script.nonce = nonce;
    document.head.append(script);
  };
  if (window.Plotly) begin();
  else fromBeside(document.currentScript);
})();
