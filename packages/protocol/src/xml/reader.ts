import { accept, refuse } from "../decoded.ts";
import type { Decoded, Problem } from "../decoded.ts";
import type { Limits } from "../limits.ts";
import type { ProblemReason } from "../problems.ts";
import { dropIllegal, joinLineEnds } from "./characters.ts";
import type { NamespaceScope, XmlAttribute, XmlElement } from "./element.ts";
import { resolveAttribute, resolveText } from "./references.ts";

/** Attributes of one element; bounds the search for repeated ones. */
const MAX_ATTRIBUTES = 64;
const MAX_SHOWN_CHARS = 64;

const NO_ATTRIBUTES: readonly XmlAttribute[] = [];
const NO_NAMESPACES: NamespaceScope = { declared: new Map(), outer: undefined };

const BANG = 0x21;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const SLASH = 0x2f;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const QUESTION = 0x3f;

interface OpenElement extends XmlElement {
  text: string;
  readonly children: XmlElement[];
}

interface Reader {
  readonly source: string;
  readonly limits: Limits;
  readonly open: OpenElement[];
  at: number;
  nodes: number;
  root: XmlElement | undefined;
}

/**
 * Reads one document into its root element, in one pass and within the limits. Entities and document types are refused,
 * so nothing is ever fetched or expanded. Kinder than XML where real devices are: prefixes may be unbound, the
 * declaration may come late or be odd, an `&` may stand alone, illegal characters are dropped. Problems are placed by
 * character offset.
 */
export function readXml(text: string, limits: Limits): Decoded<XmlElement> {
  if (text.length > limits.maxChars) {
    return refuse("over-limit", "0", `more than ${String(limits.maxChars)} characters`);
  }
  const reader: Reader = {
    source: joinLineEnds(dropIllegal(text)),
    limits,
    open: [],
    at: 0,
    nodes: 0,
    root: undefined,
  };
  const problem = readContent(reader) ?? checkEnd(reader);
  if (problem !== undefined) return { ok: false, problem };
  return reader.root === undefined ? refuse("not-xml", "0", "there is no element") : accept(reader.root);
}

function readContent(reader: Reader): Problem | undefined {
  const { source } = reader;
  for (;;) {
    const markup = source.indexOf("<", reader.at);
    const isEnd = markup < 0;
    const problem =
      readText(reader, isEnd ? source.length : markup) ?? (isEnd ? undefined : readMarkup(reader));
    if (isEnd || problem !== undefined) return problem;
  }
}

function checkEnd(reader: Reader): Problem | undefined {
  const current = reader.open.at(-1);
  return current === undefined
    ? undefined
    : problemAt(reader, "not-xml", `the text ends inside ${shown(current.name)}`);
}

function readText(reader: Reader, end: number): Problem | undefined {
  if (end === reader.at) return undefined;
  const raw = reader.source.slice(reader.at, end);
  const current = reader.open.at(-1);
  const text = resolveText(raw);
  if (text === undefined) return problemAt(reader, "forbidden-markup", "an entity that is not predefined");
  if (current !== undefined) current.text += text;
  else if (text.trim() !== "") return problemAt(reader, "not-xml", "text outside the root element");
  reader.at = end;
  return undefined;
}

/** Reads what starts with the `<` at `reader.at`. */
function readMarkup(reader: Reader): Problem | undefined {
  switch (reader.source.charCodeAt(reader.at + 1)) {
    case SLASH:
      return readEndTag(reader);
    case QUESTION:
      return skipPast(reader, "?>", reader.at + 2);
    case BANG:
      return readDeclaration(reader);
    default:
      return readStartTag(reader);
  }
}

function readDeclaration(reader: Reader): Problem | undefined {
  const { source, at } = reader;
  if (source.startsWith("<!--", at)) return skipPast(reader, "-->", at + 4);
  if (!source.startsWith("<![CDATA[", at)) {
    return problemAt(reader, "forbidden-markup", "a document type or the like");
  }
  const current = reader.open.at(-1);
  if (current === undefined) return problemAt(reader, "not-xml", "text outside the root element");
  const problem = skipPast(reader, "]]>", at + 9);
  if (problem === undefined) current.text += source.slice(at + 9, reader.at - 3);
  return problem;
}

function skipPast(reader: Reader, terminator: string, from: number): Problem | undefined {
  const end = reader.source.indexOf(terminator, from);
  if (end < 0) return problemAt(reader, "not-xml", `the text ends before ${terminator}`);
  reader.at = end + terminator.length;
  return undefined;
}

function readEndTag(reader: Reader): Problem | undefined {
  const { source, open, at } = reader;
  const current = open.pop();
  if (current === undefined) return problemAt(reader, "not-xml", "an end tag outside the root element");
  const end = source.startsWith(current.name, at + 2) ? skipSpace(source, at + 2 + current.name.length) : -1;
  if (source.charCodeAt(end) !== GREATER) {
    return problemAt(reader, "not-xml", `not the end of ${shown(current.name)}`);
  }
  reader.at = end + 1;
  return undefined;
}

function readStartTag(reader: Reader): Problem | undefined {
  const { source } = reader;
  const start = reader.at + 1;
  const nameEnd = endOfName(source, start);
  if (nameEnd === start) return problemAt(reader, "not-xml", "a < that starts no tag");
  reader.at = nameEnd;
  const isPlain = source.charCodeAt(nameEnd) === GREATER;
  const attributes: XmlAttribute[] = [];
  const problem = isPlain ? undefined : readAttributes(reader, attributes);
  if (problem !== undefined) return problem;
  const isEmpty = source.charCodeAt(reader.at) === SLASH;
  if (source.charCodeAt(reader.at + (isEmpty ? 1 : 0)) !== GREATER) {
    return problemAt(reader, "not-xml", "a broken tag");
  }
  reader.at += isEmpty ? 2 : 1;
  const element = newElement(
    source.slice(start, nameEnd),
    isPlain ? NO_ATTRIBUTES : attributes,
    reader.open.at(-1),
  );
  return openElement(reader, element, isEmpty);
}

function newElement(
  name: string,
  attributes: readonly XmlAttribute[],
  parent: XmlElement | undefined,
): OpenElement {
  const colon = name.indexOf(":");
  const prefix = name.slice(0, Math.max(colon, 0));
  const scope = scopeOf(attributes, parent?.scope ?? NO_NAMESPACES);
  return { name, prefix, local: name.slice(colon + 1), attributes, children: [], text: "", scope };
}

function openElement(reader: Reader, element: OpenElement, isEmpty: boolean): Problem | undefined {
  const { open, limits } = reader;
  const parent = open.at(-1);
  reader.nodes += 1 + element.attributes.length;
  if (reader.nodes > limits.maxNodes) {
    return problemAt(reader, "over-limit", "too many elements and attributes");
  }
  if (open.length >= limits.maxDepth) return problemAt(reader, "over-limit", "elements nested too deep");
  if (parent !== undefined) parent.children.push(element);
  else if (reader.root === undefined) reader.root = element;
  else return problemAt(reader, "not-xml", "a second root element");
  if (!isEmpty) open.push(element);
  return undefined;
}

function scopeOf(attributes: readonly XmlAttribute[], outer: NamespaceScope): NamespaceScope {
  let declared: Map<string, string> | undefined;
  for (const { name, prefix, local, value } of attributes) {
    if (prefix !== "xmlns" && name !== "xmlns") continue;
    declared ??= new Map();
    declared.set(prefix === "xmlns" ? local : "", value);
  }
  return declared === undefined ? outer : { declared, outer };
}

/** Reads up to the `>` or `/>` of a start tag. */
function readAttributes(reader: Reader, attributes: XmlAttribute[]): Problem | undefined {
  const { source } = reader;
  for (;;) {
    const start = skipSpace(source, reader.at);
    const code = source.charCodeAt(start);
    const isSpaced = start > reader.at;
    reader.at = start;
    if (code === GREATER || code === SLASH) return undefined;
    if (!isSpaced) return problemAt(reader, "not-xml", "a broken tag");
    if (attributes.length === MAX_ATTRIBUTES) return problemAt(reader, "over-limit", "too many attributes");
    const problem = readAttribute(reader, attributes);
    if (problem !== undefined) return problem;
  }
}

function readAttribute(reader: Reader, attributes: XmlAttribute[]): Problem | undefined {
  const { source, at: start } = reader;
  const nameEnd = endOfName(source, start);
  const equals = skipSpace(source, nameEnd);
  const open = skipSpace(source, equals + 1);
  const quote = source.charCodeAt(open);
  const isQuoted = quote === QUOTE || quote === APOSTROPHE;
  const close = isQuoted ? source.indexOf(quote === QUOTE ? '"' : "'", open + 1) : -1;
  if (nameEnd === start || source.charCodeAt(equals) !== EQUALS || close < 0) {
    return problemAt(reader, "not-xml", "a broken attribute");
  }
  const name = source.slice(start, nameEnd);
  const raw = source.slice(open + 1, close);
  if (raw.includes("<") || attributes.some((other) => other.name === name)) {
    return problemAt(reader, "not-xml", `the attribute ${shown(name)} is repeated or holds a <`);
  }
  const value = resolveAttribute(raw);
  if (value === undefined) return problemAt(reader, "forbidden-markup", "an entity that is not predefined");
  const colon = name.indexOf(":");
  attributes.push({ name, prefix: name.slice(0, Math.max(colon, 0)), local: name.slice(colon + 1), value });
  reader.at = close + 1;
  return undefined;
}

/** 2 for what starts a name, 1 for what only continues one. Everything above ASCII is taken for a letter. */
const NAME_CODES = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[A-Za-z_:]/.test(character) ? 2 : /[0-9.-]/.test(character) ? 1 : 0;
});

/** Where the name that starts at `from` ends; `from` itself if none starts there. */
function endOfName(source: string, from: number): number {
  if (from >= source.length || (NAME_CODES[source.charCodeAt(from)] ?? 2) < 2) return from;
  let at = from + 1;
  while (at < source.length && NAME_CODES[source.charCodeAt(at)] !== 0) at += 1;
  return at;
}

function skipSpace(source: string, from: number): number {
  let at = from;
  for (;;) {
    const code = source.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at += 1;
  }
}

function problemAt(reader: Reader, reason: ProblemReason, detail: string): Problem {
  return { reason, at: String(reader.at), detail };
}

function shown(name: string): string {
  return `<${name.slice(0, MAX_SHOWN_CHARS)}>`;
}
