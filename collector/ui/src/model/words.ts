// The collector's words as people read them, and what each kind of finding means and asks for. No numbers.

export function spaced(word: string): string {
  return word.replaceAll("_", " ");
}

const NO_FAILURES = ["ok", "client_gone", "injected_delay", "injected_fault"];

/** As the collector counts `failed`: a source that went away did not fail, and what was injected is no failure. */
export function isFailure(outcome: string): boolean {
  return !NO_FAILURES.includes(outcome);
}

/** `tls failure (san mismatch)`, `ok, streams`. */
export function outcomeWords({ outcome, reason, streaming }: { outcome: string; reason?: string | null; streaming?: boolean }): string {
  const ended = reason ? `${spaced(outcome)} (${spaced(reason)})` : spaced(outcome);
  return streaming ? `${ended}, streams` : ended;
}

const ANSWERED: Record<string, string> = { application: "application", local_proxy: "reporting proxy", upstream: "upstream", nobody: "nobody" };

export function answeredBy(who: string): string {
  return ANSWERED[who] ?? spaced(who);
}

const AGREEMENT: Record<string, string> = {
  agree: "both reporters agree",
  disagree: "the reporters disagree",
  one_reporter: "one reporter only: nothing to compare with",
  not_comparable: "not comparable",
};

export function agreementWords(state: string): string {
  return AGREEMENT[state] ?? spaced(state);
}

export interface Kind {
  name: string;
  /** How urgent: colours the dot beside it. */
  level: "bad" | "warn" | "note";
  meaning: string;
  /** What to do next; `{id}` is the edge. */
  next: string;
}

const kind = (name: string, level: Kind["level"], meaning: string, next: string): Kind => ({ name, level, meaning, next });

const KINDS: Record<string, Kind> = {
  plaintext: kind("plaintext", "bad", "Exchanges went without TLS that a proxy saw.", "hogusu map --security plaintext"),
  disagreement: kind("disagreement", "bad", "Both ends' proxies contradict each other.", "hogusu series {id}"),
  failing: kind("failing", "bad", "One in a hundred exchanges or more failed.", "hogusu series {id}"),
  slowness: kind("slow", "warn", "It explains at least half of its source's own P99, and nothing further down explains it.", "hogusu series {id}"),
  damaged_file: kind("damaged file", "bad", "A file of the collector is damaged; what was in it is missing.", "hogusu check"),
  refused_batches: kind("batches refused", "warn", "Batches were refused for good; what they held is missing.", "hogusu check"),
  lost_batches: kind("batches lost", "warn", "A proxy's sequence has gaps.", "hogusu check"),
  unclosed_senders: kind("gone silent", "warn", "A proxy's sender went silent without an end; what it had not sent is missing.", "hogusu check"),
  kubernetes_unread: kind("API server unread", "warn", "Owners and expected proxies are as last known, or unknown.", "hogusu check"),
  without_plugin: kind("without plugin", "warn", "A proxy runs no module, so nothing of it is counted.", "hogusu check"),
  other_revision: kind("other revision", "note", "A proxy runs another revision than its plugin object asks for.", "hogusu check"),
  silent_proxy: kind("silent proxy", "warn", "A proxy that should report does not.", "hogusu check"),
  overflow: kind("overflow", "warn", "More edges than one sender may have; the rest is counted together.", "hogusu check"),
  injected: kind("injected", "note", "Exchanges were failed or delayed on purpose; they are in no failures and no quantiles.", "hogusu series {id}"),
  hook_conflict: kind("two hooks", "note", "Two hooks of one proxy count the same requests; they are shown once.", "hogusu check"),
  folded_backlog: kind("folded backlog", "note", "What a proxy counted while it could not send lies at the beginning of that time.", "hogusu check"),
  configuration_refused: kind("configuration refused", "warn", "A proxy refused its configuration and runs with defaults.", "hogusu lint FILE"),
  clock_skew: kind("clock skew", "note", "A clock differs from the collector's by more than 2 s.", "hogusu check"),
  address_contradiction: kind("address contradicted", "note", "A proxy claims an address that is another's.", "hogusu check"),
  ambiguous_address: kind("ambiguous address", "note", "An address had several owners while somebody counted on it.", "hogusu check"),
  late_parts: kind("late parts", "note", "Parts came after their slot was sealed; they are counted.", "hogusu check"),
};

export function kindOf(word: string): Kind {
  return KINDS[word] ?? kind(spaced(word), "note", "", "hogusu map");
}
