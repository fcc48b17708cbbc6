/** One scheme of a WWW-Authenticate or Authorization header. */
export interface AuthScheme {
  /** Lower case: `digest`, `basic`. */
  readonly scheme: string;
  /** Names in lower case; the first of repeated ones counts. */
  readonly params: ReadonlyMap<string, string>;
  /** What follows a scheme that has no parameters, such as the credentials of Basic; else empty. */
  readonly credentials: string;
}

/** Headers of devices stay far below; a longer one reads as empty, so that the work is bounded. */
const MAX_HEADER_CHARS = 8192;

const SEPARATORS = /[\s,;]*/y;
const WORD = /[^\s,;="]+/y;
/** A parameter, but for a value that needs a closer look. */
const PARAMETER = /[\s,;]*([^\s,;="]+)\s*=\s*(?:"([^"\\]*)")?/y;
const CREDENTIALS = /\s+([0-9A-Za-z+/._~-]+=*)(?=\s*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\[^])*)(?:"|$)/y;
const ESCAPED = /\\(["\\])/g;
/**
 * Ends at a comma or a semicolon, or at white space before the next `name=` or scheme: a value without quotes may hold
 * spaces. The list `auth,auth-int` is one value.
 */
const UNQUOTED =
  /(?:[^,;\s]|\s+(?!\s|[,;]|$|[\w-]+\s*=|(?:basic|digest)\s)|,\s*(?=auth(?:-int)?\s*(?:[,;]|$)))*/iy;

interface Read<T> {
  readonly value: T;
  readonly end: number;
}

/**
 * Reads a WWW-Authenticate or Authorization header as devices write them: commas may be missing or semicolons, values need
 * no quotes, folded lines are white space, several schemes may share one header. What cannot be read ends the list.
 */
export function parseAuthHeader(header: string): readonly AuthScheme[] {
  const schemes: AuthScheme[] = [];
  if (header.length > MAX_HEADER_CHARS) return schemes;
  let at = endOf(SEPARATORS, header, 0);
  while (at < header.length) {
    const name = header.slice(at, endOf(WORD, header, at));
    if (name === "") return schemes;
    const rest = readCredentials(header, at + name.length) ?? readParams(header, at + name.length);
    schemes.push({ scheme: name.toLowerCase(), ...rest.value });
    at = endOf(SEPARATORS, header, rest.end);
  }
  return schemes;
}

function readCredentials(header: string, at: number): Read<Omit<AuthScheme, "scheme">> | undefined {
  const found = match(CREDENTIALS, header, at);
  if (found === undefined) return undefined;
  return { value: { params: new Map(), credentials: found[1] ?? "" }, end: at + found[0].length };
}

function readParams(header: string, from: number): Read<Omit<AuthScheme, "scheme">> {
  const params = new Map<string, string>();
  let end = from;
  for (;;) {
    const found = match(PARAMETER, header, end);
    if (found === undefined) return { value: { params, credentials: "" }, end };
    const [whole, name = "", quoted] = found;
    const at = end + whole.length;
    const read = quoted === undefined ? readValue(header, at) : { value: quoted, end: at };
    const key = name.toLowerCase();
    if (!params.has(key)) params.set(key, read.value);
    end = read.end;
  }
}

function readValue(header: string, at: number): Read<string> {
  const quoted = match(QUOTED, header, at);
  if (quoted !== undefined) {
    const [whole, text = ""] = quoted;
    const value = text.includes("\\") ? text.replaceAll(ESCAPED, "$1") : text;
    return { value, end: at + whole.length };
  }
  const end = endOf(UNQUOTED, header, at);
  return { value: header.slice(at, end), end };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** Where what the pattern takes from `at` on ends; `at` itself where it takes nothing. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
