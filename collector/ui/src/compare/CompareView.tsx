// Two periods edge by edge: how many changed how, the union of both on the same places, and each edge with its size and interval.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { BASELINES, diffAddress } from "../api/addresses.ts";
import type { Baselines, Diff, DiffPeriod } from "../api/over-time.ts";
import { count, counted, period, shareOf, span } from "../model/format.ts";
import { shown } from "../model/shown.ts";
import { Go } from "../shell/values.tsx";
import type { View } from "../state/address.ts";
import { change } from "../state/store.ts";
import { useAnswer } from "../state/use.ts";
import { DiffTable } from "./DiffTable.tsx";
import { usual } from "./periods.ts";
import { UnionMap } from "./UnionMap.tsx";
import { missing, sign, WORDS, wordText } from "./words.ts";

export function CompareView({ view }: { view: View }): JSX.Element {
  const { value: kept } = useAnswer<Baselines>(BASELINES, "hogusu.baselines/v1", "baselines");
  const address = view.a ? diffAddress(view.a, view.b) : null;
  const { value: diff, error } = useAnswer<Diff>(address, "hogusu.diff/v1", `diff ${view.a} ${view.b}`);
  return (
    <section class="page compare">
      <h2>Compare two periods</h2>
      <Choose view={view} baselines={kept?.baselines.filter(({ problem }) => problem === null).map(({ name }) => name) ?? []} />
      {address && error && <p class="notice">{`Not compared: ${error}.`}</p>}
      {address && !error && !diff && <p class="hint">Comparing …</p>}
      {diff && <Told diff={diff} view={view} />}
    </section>
  );
}

function Choose({ view, baselines }: { view: View; baselines: readonly string[] }): JSX.Element {
  const [a, setA] = useState(view.a ?? "");
  const [b, setB] = useState(view.b ?? "");
  const pick = (first: string, second: string | null): void => {
    setA(first);
    setB(second ?? "");
    change({ a: first, b: second, word: "", edge: null });
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    if (a.trim()) pick(a.trim(), b.trim() || null);
  };
  return (
    <form class="choose" onSubmit={submit}>
      <div class="usual">
        {usual(Date.now()).map((pair) => (
          <button type="button" key={pair.words} aria-pressed={view.a === pair.a && view.b === pair.b} onClick={() => pick(pair.a, pair.b)}>
            {pair.words}
          </button>
        ))}
        {baselines.map((name) => (
          <button type="button" key={name} aria-pressed={view.a === name && view.b === null} onClick={() => pick(name, null)}>
            {`since baseline ${shown(name)}`}
          </button>
        ))}
      </div>
      <label>
        A, before <input value={a} onInput={(event) => setA(event.currentTarget.value)} placeholder="baseline, or FROM/TO in whole hours" />
      </label>
      <label>
        B, after <input value={b} onInput={(event) => setB(event.currentTarget.value)} placeholder="as long as A, up to now" />
      </label>
      <button type="submit" class="main">
        Compare
      </button>
      {view.a && view.b && (
        <button type="button" onClick={() => pick(view.b as string, view.a)}>
          Swap
        </button>
      )}
    </form>
  );
}

function Side({ name, side }: { name: string; side: DiffPeriod }): JSX.Element {
  const { covered_seconds: covered, expected_seconds: expected, is_known: isKnown } = side.completeness;
  const share = expected > 0 ? `${shareOf(covered, expected)} = ${span(covered)} / ${span(expected)} covered` : "coverage unknown";
  return (
    <p class="side" data-coverage="">
      <b>{name}</b> {side.baseline ? `${shown(side.baseline)}: ` : ""}
      {period(side.from, side.to)} <span class="soft">{`${share}; ${isKnown ? "" : "which proxies should report is not known; "}${missing(side.completeness)}; ${counted(side.edges, "edge")}`}</span>
    </p>
  );
}

function Told({ diff, view }: { diff: Diff; view: View }): JSX.Element {
  const silent = WORDS.reduce((sum, word) => sum + (diff.words[word] ?? 0), 0) === 0;
  return (
    <>
      <Side name="A" side={diff.a} />
      <Side name="B" side={diff.b} />
      <nav class="kinds" aria-label="What changed">
        <Go to={{ word: "" }} aria-current={view.word === "" ? "page" : undefined}>{`all ${count(diff.total)}`}</Go>
        {WORDS.filter((word) => (diff.words[word] ?? 0) > 0).map((word) => (
          <Go key={word} to={{ word }} aria-current={view.word === word ? "page" : undefined} data-testid={`word-${word}`}>
            {`${sign(word)} ${count(diff.words[word] ?? 0)} ${wordText(word)}`}
          </Go>
        ))}
      </nav>
      <p class="hint">{`${silent ? "No word is said of any edge. " : ""}${shown(diff.statement)}`}</p>
      <UnionMap diff={diff} view={view} />
      <DiffTable diff={diff} view={view} />
    </>
  );
}
