// The address of a trace by the collector's template. Pure.

/** `null` where there is no template, or one that leads anywhere but over https (or to this machine). The id is encoded. */
export function traceAddress(template: string | null | undefined, traceId: string): string | null {
  if (!template?.includes("{trace_id}")) return null;
  const address = template.replaceAll("{trace_id}", encodeURIComponent(traceId));
  try {
    const { protocol, hostname } = new URL(address);
    const isHere = hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
    return protocol === "https:" || (protocol === "http:" && isHere) ? address : null;
  } catch {
    return null;
  }
}
