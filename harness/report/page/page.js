// SPDX-License-Identifier: GPL-2.0-or-later
// Draws the charts of a report's page (report/html.cpp) and makes its buttons work. Without it the page is
// complete: each chart's figures are in a table below it.
(() => {
  "use strict";
  const root = document.documentElement;
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const plots = [];
  const height = 240;

  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
  const exact = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
  const shown = (value) => (value == null ? "–" : exact.format(value));

  const is_power_of_ten = (y) => Math.abs(Math.log10(y) - Math.round(Math.log10(y))) < 1e-9;
  const axis = (label, size, values, log) => ({
    label,
    size,
    values,
    stroke: () => colour("--faint"),
    grid: {
      stroke: () => colour("--rule"),
      width: 0.5,
      filter: (_, splits) => (log ? splits.map((y) => (is_power_of_ten(y) ? y : null)) : splits),
    },
    ticks: { stroke: () => colour("--rule"), width: 0.5 },
  });
  const series = (name, which, more) => ({
    label: name,
    stroke: () => colour(`--line-${which % 4}`),
    width: 1.5,
    value: (_, value) => shown(value),
    ...more,
  });

  function lines(chart) {
    return {
      data: [chart.x, ...chart.lines.map((line) => (chart.log_y ? line.y.map((y) => y || null) : line.y))],
      options: {
        cursor: { sync: { key: "time" }, drag: { x: true, y: false } },
        scales: {
          x: { time: false },
          y: chart.log_y ? { distr: 3 } : { range: (_, least, most) => [0, (most || 1) * 1.05] },
        },
        series: [
          { label: chart.x_title, value: (_, value) => shown(value) },
          ...chart.lines.map((line, which) => series(line.name, which, { points: { show: chart.x.length < 40 } })),
        ],
        axes: [
          axis(chart.x_title, 40),
          axis(chart.y_title, 60, (_, splits) => splits.map((y) => (y == null ? "" : compact.format(y))), chart.log_y),
        ],
      },
    };
  }

  // Bars are equally wide, whatever their ends: those span orders of magnitude.
  function bars(chart) {
    const ends = chart.x;
    const last = ends.length - 1;
    const from_to = (i) => (i == null ? "–" : i >= last ? shown(ends[last]) : `${shown(ends[i])} to ${shown(ends[i + 1])}`);
    return {
      data: [ends.map((_, i) => i), ...chart.lines.map((line) => [...line.y, line.y[last - 1]])],
      options: {
        cursor: { drag: { x: true, y: false } },
        scales: { x: { time: false }, y: { range: (_, least, most) => [0, (most || 1) * 1.05] } },
        series: [
          { label: chart.x_title, value: (_, i) => from_to(i) },
          ...chart.lines.map((line, which) =>
            series(line.name, which, {
              fill: () => `${colour(`--line-${which % 4}`)}40`,
              paths: uPlot.paths.stepped({ align: 1 }),
              points: { show: false },
            }),
          ),
        ],
        axes: [
          {
            ...axis(chart.x_title, 40, (_, splits) => splits.map((i) => (ends[i] == null ? "" : compact.format(ends[i])))),
            incrs: [1, 2, 4, 8, 16, 32, 64],
            space: 46,
          },
          axis(chart.y_title, 60, (_, splits) => splits.map((y) => compact.format(y))),
        ],
      },
    };
  }

  // uPlot's legend hides a line when it is clicked; a keyboard does the same here.
  function reach_by_keyboard(plot) {
    for (const row of plot.root.querySelectorAll(".u-legend .u-series:not(:first-child) > th")) {
      row.tabIndex = 0;
      row.setAttribute("role", "switch");
      const tell = () => row.setAttribute("aria-checked", String(!row.parentElement.classList.contains("u-off")));
      tell();
      row.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          row.click();
        }
      });
      row.addEventListener("click", () => setTimeout(tell));
    }
  }

  function draw(place) {
    const chart = charts[Number(place.dataset.chart)];
    const { data, options } = chart.kind === "bars" ? bars(chart) : lines(chart);
    const plot = new uPlot({ width: place.clientWidth, height, ...options }, data, place);
    const canvas = plot.root.querySelector("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", place.dataset.label);
    reach_by_keyboard(plot);
    new ResizeObserver(() => {
      if (place.clientWidth > 0 && place.clientWidth !== plot.width) plot.setSize({ width: place.clientWidth, height });
    }).observe(place);
    plots.push(plot);
  }

  const repaint = () => plots.forEach((plot) => plot.redraw());
  const dark = document.getElementById("dark");
  const system = matchMedia(dark.media);
  const is_dark = () => matchMedia(dark.media).matches;

  function button(id, action) {
    const found = document.getElementById(id);
    found.hidden = false;
    found.addEventListener("click", () => action(found));
    return found;
  }

  const theme = button("theme", () => {
    dark.media = is_dark() ? "not all" : "all";
    tell_theme();
    repaint();
  });
  const tell_theme = () => theme.setAttribute("aria-pressed", String(is_dark()));
  system.addEventListener("change", () => {
    tell_theme();
    repaint();
  });
  tell_theme();

  if (document.getElementById("copy")) {
    button("copy", async (copy) => {
      const command = document.getElementById("reproduce");
      try {
        await navigator.clipboard.writeText(command.textContent);
        copy.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(command); // to be copied by hand
      }
    });
  }

  document.querySelectorAll(".plot").forEach(draw);
  // uPlot draws in microtasks, which are done before this one.
  queueMicrotask(() => {
    root.dataset.interactive = String(Math.round(performance.now())); // milliseconds since the page was opened
  });
})();
