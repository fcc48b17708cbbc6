/** Where spans go, and how many are recorded. */
export interface SpanSettings {
  /** Of an OTLP/HTTP collector, with its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The share of traces that are recorded where nobody decided before, from 0 to 1. */
  readonly sampling: number;
}

export type ReadSpanSettings =
  | { readonly ok: true; readonly settings: SpanSettings }
  /** What is wrong with them, without what the URL says: there may be a password in it. */
  | { readonly ok: false; readonly problem: string };

const TRACES = "/v1/traces";
const EXAMPLE = "http://127.0.0.1:4318";
const SHARE = /^(?:0|1|0?[.]\d{1,6}|1[.]0+)$/;

/** Reads the URL of a collector, without a path the usual one of its host; a user and a password become a header. */
export function readSpanSettings(otlpUrl: string, share: string): ReadSpanSettings {
  const url = URL.parse(otlpUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) return refuse(`otlp-url must be like ${EXAMPLE}`);
  if (!SHARE.test(share)) return refuse(`otlp-sampling must be a share from 0 to 1; it is "${share}"`);
  const headers = headersOf(url);
  if (headers === undefined) return refuse("otlp-url has a user or a password that is badly escaped");
  url.username = "";
  url.password = "";
  if (url.pathname === "/") url.pathname = TRACES;
  return { ok: true, settings: { url: url.href, headers, sampling: Number(share) } };
}

/** Undefined where they cannot be read. */
function headersOf({ username, password }: URL): SpanSettings["headers"] | undefined {
  if (username === "") return {};
  try {
    const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return { authorization: `Basic ${Buffer.from(login).toString("base64")}` };
  } catch {
    return undefined;
  }
}

function refuse(problem: string): ReadSpanSettings {
  return { ok: false, problem };
}
