// In the page: searches, opens the first that is found, and says how long that took and which tasks were long.

export async function searched(name) {
  const long = [];
  const note = (list) => long.push(...list.map(({ duration }) => Math.round(duration)));
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: "longtask" });
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
  // What the panel began is over when it has its answer and that is drawn; a long task is told after it ended.
  await until(() => !/Asking|Opening …/.test(document.querySelector("[data-testid=panel]").innerText));
  await frame();
  await frame();
  note(observer.takeRecords());
  return { took, long };
}
