import { isLoginName, isSecretName } from "./secret-names.ts";
import { replaceSpans } from "./spans.ts";
import type { Span } from "./spans.ts";

/**
 * Takes secrets out of an envelope, or of what was meant to be one: what an element holds whose name is a secret's, and the
 * value of a parameter whose name is one, or cannot be told. What does not end where it should is taken out to the end.
 */
export function redactXml(text: string): string {
  return text.includes("<") ? replaceSpans(text, new Reading(text).spans()) : text;
}

type Meaning = "secret" | "name" | "value";

interface Opened {
  readonly meaning: Meaning;
  readonly local: string;
  /** Where its content begins. */
  readonly from: number;
}

interface Tag {
  readonly type: "open" | "close" | "other";
  /** Without its prefix, in small letters. */
  readonly local: string;
  /** Where it has ended. */
  readonly end: number;
}

const TAG_NAME = /<(\/?)([^\s<>/!?]+)/y;
const TAG_END = /[<>]/g;
const STRUCT = /struct$/;
const SECTIONS = [
  ["<![CDATA[", "]]>"],
  ["<!--", "-->"],
] as const;

/** One pass over a text: whatever it is, no part of it is looked at often. */
class Reading {
  readonly #text: string;
  readonly #spans: Span[] = [];
  /** Elements that are not closed yet, of those that matter. */
  #opened: Opened[] = [];
  /** What stands together in a struct, as far as it was read. */
  #names: string[] = [];
  #values: Span[] = [];
  /** Of the elements seen so far, for they are many with few names. */
  readonly #meanings = new Map<string, Meaning | undefined>();
  /** Ends of sections of which no more follow. */
  readonly #missing = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  spans(): readonly Span[] {
    for (let at = this.#text.indexOf("<"); at >= 0; at = this.#text.indexOf("<", at)) {
      at = this.#section(at) ?? this.#tag(at);
    }
    this.#closeAll();
    this.#settle();
    return this.#spans;
  }

  /** Behind a section that begins here, which is read by itself; undefined where none does. */
  #section(at: number): number | undefined {
    for (const [begin, end] of SECTIONS) {
      if (!this.#text.startsWith(begin, at)) continue;
      const from = at + begin.length;
      const to = this.#missing.has(end) ? -1 : this.#text.indexOf(end, from);
      if (to < 0) {
        // Nobody knows what in it is still what it is in.
        this.#missing.add(end);
        this.#closeAll();
        return from;
      }
      const inner = new Reading(this.#text.slice(from, to)).spans();
      this.#spans.push(...inner.map((span) => ({ from: span.from + from, to: span.to + from })));
      return to + end.length;
    }
    return undefined;
  }

  #tag(at: number): number {
    const { type, local, end } = this.#tagAt(at);
    if (STRUCT.test(local)) this.#settle();
    const meaning = this.#meaningOf(local);
    if (meaning === undefined) return end;
    if (type === "open") this.#opened.push({ meaning, local, from: end });
    else if (type === "close") this.#close(local, at);
    return end;
  }

  #meaningOf(local: string): Meaning | undefined {
    if (this.#meanings.has(local)) return this.#meanings.get(local);
    const meaning = meaningOf(local);
    this.#meanings.set(local, meaning);
    return meaning;
  }

  #tagAt(at: number): Tag {
    TAG_NAME.lastIndex = at;
    const [whole, slash = "", name = ""] = TAG_NAME.exec(this.#text) ?? [];
    if (whole === undefined) return { type: "other", local: "", end: at + 1 };
    const local = name.slice(name.lastIndexOf(":") + 1).toLowerCase();
    TAG_END.lastIndex = at + 1;
    const close = TAG_END.exec(this.#text);
    // One that does not end holds whatever follows.
    if (close?.[0] !== ">") return { type: slash === "" ? "open" : "other", local, end: at + whole.length };
    const isEmpty = this.#text[close.index - 1] === "/";
    return { type: slash !== "" ? "close" : isEmpty ? "other" : "open", local, end: close.index + 1 };
  }

  #close(local: string, to: number): void {
    const others: Opened[] = [];
    for (const opened of this.#opened) {
      if (opened.local === local) this.#take(opened, to);
      else others.push(opened);
    }
    this.#opened = others;
  }

  #closeAll(): void {
    for (const opened of this.#opened) this.#take(opened, this.#text.length);
    this.#opened = [];
  }

  #take({ meaning, from }: Opened, to: number): void {
    if (meaning === "name") this.#names.push(plainText(this.#text.slice(from, to)));
    else if (to > from) (meaning === "secret" ? this.#spans : this.#values).push({ from, to });
  }

  /** A value is shown where all that may be its name is known to be harmless. */
  #settle(): void {
    if (this.#names.length === 0 || this.#names.some(isSecretName)) this.#spans.push(...this.#values);
    this.#names = [];
    this.#values = [];
  }
}

function meaningOf(local: string): Meaning | undefined {
  if (isSecretName(local) || isLoginName(local)) return "secret";
  return local === "name" || local === "value" ? local : undefined;
}

const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const MOST_NAME_CHARS = 1_024;

/** What a reader of XML makes of a name: nobody hides one by writing it otherwise. */
function plainText(content: string): string {
  return content
    .slice(0, MOST_NAME_CHARS)
    .replaceAll(/<!--.*?(?:-->|$)|<!\[CDATA\[|\]\]>|<[^<>]*>/gs, "")
    .replaceAll(/&(?:#(x[0-9a-f]{1,6}|\d{1,7})|(\w{1,8}));/gi, decodeReference)
    .replaceAll(/\s+/g, "");
}

function decodeReference(whole: string, number?: string, name = ""): string {
  if (number === undefined) return NAMED[name] ?? whole;
  const code = Number(/^x/i.test(number) ? `0${number}` : number);
  return code <= 0x10ffff ? String.fromCodePoint(code) : "";
}
