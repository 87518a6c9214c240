// Asking the collector: below the page's own address, one answer at a time, refusals in words that can be shown as they are. No address is made here.

import { told } from "../model/shown.ts";

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What an answer that is no success says, in words for people. */
function refusal(status: number, statusText: string, body: string): string {
  try {
    const error = (JSON.parse(body) as { error?: { message?: string; remedy?: string } }).error;
    if (error?.message) return error.remedy ? `${error.message} (${error.remedy})` : error.message;
  } catch {
    // Not the collector's own shape: a gateway or something else answered.
  }
  if (status === 401 || status === 403) return `what stands before the collector refused (${status}): sign in there, or ask for the role that may read`;
  return `the collector answered ${`${status} ${statusText}`.trim()}`;
}

/** The body of `address`, of schema `schema`. Throws `Refusal` for what was answered and an `Error` where nobody answered. */
export async function ask(address: string, schema: string, signal: AbortSignal): Promise<unknown> {
  let answer: Response;
  try {
    answer = await fetch(address, { signal, headers: { accept: "application/json" } });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error("the collector does not answer", { cause: error });
  }
  const body = await answer.text();
  if (!answer.ok) throw new Refusal(answer.status, told(refusal(answer.status, answer.statusText, body)));
  const value = JSON.parse(body) as { schema?: string };
  if (value.schema !== schema) throw new Error(`expected ${schema}, the answer is ${told(String(value.schema ?? "of no schema"))}; reload the page`);
  return value;
}
