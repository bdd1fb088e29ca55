"use strict";
(function () {
  var NS = "http://www.w3.org/2000/svg";
  var PREFIXES = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "\u00b5"], [1e-9, "n"]];

  function digits(value) {
    if (Number.isInteger(value)) return value.toLocaleString("en-US");
    if (Math.abs(value) >= 1e4) return Math.round(value).toLocaleString("en-US");
    return String(Number(value.toPrecision(4)));
  }

  function shown(value, unit) {
    if (value === null || value === undefined) return "\u2013";
    if (unit === "share") return digits(100 * value) + " %";
    if (unit === "" || unit === "1") return digits(value);
    var size = Math.abs(value), found = [1, ""];
    if (size > 0) {
      var allowed = PREFIXES.filter(function (one) {
        return one[0] >= (unit.indexOf("bit") === 0 ? 1 : 1e-9) && one[0] <= (unit === "s" ? 1 : 1e12);
      });
      found = allowed.find(function (one) { return size >= 0.9995 * one[0]; }) || allowed[allowed.length - 1];
    }
    return digits(value / found[0]) + " " + found[1] + unit;
  }

  function charted(figure) {
    var block = JSON.parse(figure.querySelector("script").textContent);
    var svg = figure.querySelector("svg"), cross = svg.querySelector(".cross"), read = figure.querySelector(".read");
    var plot = block.plot, at = -1;

    function tell(index) {
      at = Math.max(0, Math.min(block.x.length - 1, index));
      var x = block.x[at], span = plot.high - plot.low || 1;
      var place = plot.from + (x - plot.low) / span * (plot.to - plot.from);
      cross.setAttribute("x1", place);
      cross.setAttribute("x2", place);
      cross.setAttribute("class", "cross on");
      var words = block.lines.map(function (line) {
        var word = (block.lines.length > 1 ? line.name + " " : "") + shown(line.mean[at], block.unit);
        if (!line.low || line.low[at] === line.high[at]) return word;
        return word + " (" + shown(line.low[at], block.unit) + " to " + shown(line.high[at], block.unit) + ")";
      });
      read.textContent = shown(x, block.xunit) + ": " + words.join(" \u00b7 ");
    }

    function nearest(x) {
      var low = 0, high = block.x.length - 1;
      while (low < high) {
        var middle = (low + high) >> 1;
        if (block.x[middle] < x) low = middle + 1; else high = middle;
      }
      return low > 0 && x - block.x[low - 1] < block.x[low] - x ? low - 1 : low;
    }

    function pointed(event) {
      var box = svg.getBoundingClientRect();
      var place = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
      tell(nearest(plot.low + (place - plot.from) / (plot.to - plot.from) * (plot.high - plot.low)));
    }

    svg.addEventListener("pointermove", pointed);
    svg.addEventListener("pointerdown", pointed);
    svg.addEventListener("keydown", function (event) {
      var last = block.x.length - 1;
      var next = { ArrowLeft: at - 1, ArrowRight: at + 1, PageDown: at - 20, PageUp: at + 20, Home: 0, End: last }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      tell(next);
    });
  }

  function points(text) {
    var bytes = atob(text), numbers = new Uint16Array(bytes.length / 2);
    for (var i = 0; i < numbers.length; i++) numbers[i] = bytes.charCodeAt(2 * i) | bytes.charCodeAt(2 * i + 1) << 8;
    return numbers;
  }

  function mapped(section) {
    var told = JSON.parse(section.querySelector("script.map-data").textContent);
    var packed = points(told.points), group = section.querySelector(".vehicles");
    var slider = section.querySelector("#instant"), play = section.querySelector("#play");
    var time = section.querySelector("#time"), fleet = section.querySelector("#fleet");
    var fibres = section.querySelectorAll(".fibre[data-row]");
    var pools = section.querySelectorAll(".pools tr[data-row]"), units = section.querySelectorAll(".units tr[data-row]");
    var calm = matchMedia("(prefers-reduced-motion: reduce)"), timer = null;

    function node(tag, attributes) {
      var made = document.createElementNS(NS, tag);
      Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
      return made;
    }

    function vehicles(frame) {
      var lines = [], dots = [];
      for (var i = told.offset[frame]; i < told.offset[frame + 1]; i++) {
        var x = packed[3 * i] / 60, y = packed[3 * i + 1] / 60, rest = packed[3 * i + 2];
        var doing = rest & 3, unit = (rest >> 2) - 1;
        if (doing === 3 && unit >= 0) {
          lines.push(node("line", { x1: x, y1: y, x2: told.place[unit][0], y2: told.place[unit][1], class: "beam" }));
        }
        dots.push(node("circle", { cx: x, cy: y, class: "car d" + doing }));
      }
      group.replaceChildren.apply(group, lines.concat(dots));
    }

    function show(frame) {
      var word = shown(told.time[frame], "s");
      time.textContent = word;
      slider.setAttribute("aria-valuetext", word);
      fleet.textContent = digits(told.vehicles[frame]);
      if (told.offset.length > 1) vehicles(frame);
      var state = told.state[frame];
      fibres.forEach(function (line) {
        var row = Number(line.dataset.row), name = told.states[Number(state[row])];
        line.setAttribute("class", "fibre " + name);
        line.querySelector("title").textContent = told.link[row] + ": " + shown(told.stored[frame][row], "bit") + ", " + name;
      });
      pools.forEach(function (line) {
        var row = Number(line.dataset.row), name = told.states[Number(state[row])];
        line.querySelector("progress").value = told.stored[frame][row];
        line.querySelector(".level").textContent = shown(told.stored[frame][row], "bit");
        line.querySelector(".state").textContent = name;
        line.querySelector(".state").className = "state " + name;
      });
      units.forEach(function (line) {
        var row = Number(line.dataset.row);
        line.querySelector(".attached").textContent = digits(told.attached[frame][row]);
        line.querySelector(".backlog").textContent = shown(told.backlog[frame][row], "s");
      });
    }

    function stop() {
      clearInterval(timer);
      timer = null;
      play.textContent = "Play";
      play.setAttribute("aria-pressed", "false");
    }

    function next() {
      var frame = Number(slider.value) + 1;
      if (frame > Number(slider.max)) return stop();
      slider.value = frame;
      show(frame);
    }

    slider.addEventListener("input", function () { show(Number(slider.value)); });
    play.addEventListener("click", function () {
      if (timer !== null) return stop();
      if (slider.value === slider.max) { slider.value = 0; show(0); }
      timer = setInterval(next, calm.matches ? 1000 : 120);
      play.textContent = "Pause";
      play.setAttribute("aria-pressed", "true");
    });
    show(Number(slider.value));
  }

  document.querySelectorAll("figure.chart").forEach(charted);
  document.querySelectorAll("section#map").forEach(function (section) {
    if (section.querySelector("script.map-data")) mapped(section);
  });
})();
