// Runs in a page before its own scripts. Times are milliseconds since 1970 on the page's clock.
(() => {
  const clock = () => performance.timeOrigin + performance.now();
  const bench = { run: null, received: 0 };
  window.bench = bench;

  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        bench.received += data.byteLength ?? data.size ?? new TextEncoder().encode(data).length;
      });
    }
  };

  // How far the wall clock is ahead of the page's: seen at the moments when its millisecond turns.
  bench.ahead = () => {
    const seen = [];
    while (seen.length < 21) {
      const before = Date.now();
      let turned = before;
      while (turned === before) turned = Date.now();
      seen.push(turned - clock());
    }
    return seen.sort((a, b) => a - b)[10];
  };

  bench.arm = (run, first, last, beat) => {
    Object.assign(bench, {
      run, first, last, entered: null, firstAt: null, lastAt: null, received: 0, receivedFirst: 0, receivedLast: 0,
      changedAt: null, longestGap: 0, freeze: 0, longestTask: 0, changes: 0,
    });
    if (beat) tick(clock());
  };

  // A timer that comes late says how long the page could do nothing else.
  const PAUSE = 8;
  const tick = before => setTimeout(() => {
    const now = clock();
    if (bench.entered !== null && before > bench.entered) bench.freeze = Math.max(bench.freeze, now - before - PAUSE);
    if (bench.run !== null) tick(now);
  }, PAUSE);

  addEventListener("keydown", event => {
    if (bench.run !== null && bench.entered === null && event.key === "Enter") bench.entered = clock();
  }, true);

  const look = (text, now) => {
    for (const word of ["first", "last"]) {
      if (bench[`${word}At`] !== null || !text.includes(bench[word])) continue;
      bench[`${word}At`] = now;
      bench[word === "first" ? "receivedFirst" : "receivedLast"] = bench.received;
    }
  };

  new MutationObserver(changes => {
    if (bench.run === null || bench.entered === null || bench.lastAt !== null) return;
    const now = clock();
    for (const { type, target, addedNodes } of changes) {
      if (type === "characterData") look(target.data, now);
      else for (const node of addedNodes) look(node.textContent, now);
    }
    if (bench.firstAt === null) return;
    if (bench.changedAt !== null) bench.longestGap = Math.max(bench.longestGap, now - bench.changedAt);
    bench.changedAt = now;
    bench.changes += 1;
  }).observe(document, { subtree: true, childList: true, characterData: true });

  new PerformanceObserver(list => {
    for (const task of list.getEntries()) {
      if (bench.entered !== null && performance.timeOrigin + task.startTime >= bench.entered)
        bench.longestTask = Math.max(bench.longestTask, task.duration);
    }
  }).observe({ entryTypes: ["longtask"] });
})();
