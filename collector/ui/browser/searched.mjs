// In the page: searches, opens the first that is found, and says how long that took and which tasks were long.

export async function searched(name) {
  const long = [];
  new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => Math.round(duration)))).observe({ type: "longtask" });
  const input = document.getElementById("search");
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const until = async (holds) => {
    while (!holds()) await frame();
  };
  const label = () => document.querySelector("[data-testid=panel] [data-workload]")?.dataset.workload;
  const before = label();
  input.focus();
  input.value = name;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await until(() => document.querySelector("#found li"));
  const begin = performance.now();
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  await until(() => label() !== before);
  const took = Math.round(performance.now() - begin);
  // A long task is told after it ended: what the panel began is drawn by then.
  for (let i = 0; i < 20; i += 1) await frame();
  return { took, long };
}
