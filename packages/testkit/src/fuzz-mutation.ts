import type { SeededRandom } from "./seeded-random.ts";

/** What inputs are made of. */
export interface FuzzMaterial {
  /** Sound inputs, which are cut up and put together again. */
  readonly seeds: readonly string[];
  /** What means something to the reader: its quotes, brackets, key words, and the worst it may meet. */
  readonly tokens: readonly string[];
  /** No input is longer. */
  readonly maxChars: number;
}

/** What any reader may meet, whatever it reads. */
export const HOSTILE_TOKENS: readonly string[] = [
  ...["\u0000", "\r\n", "\t", " ", "\u0085", "\u00a0", "\ufeff", "\uffff", "\ud800", "\udc00", "😀", "é"],
  ...["0", "-1", "00", "4294967296", "9".repeat(40), "1e999", "NaN"],
  ...["__proto__", "constructor", "%", "%00", "\\", "'", '"', ",", ";", "="],
];

/** How many changes one input may have. */
const MOST_CHANGES = 4;
/** One input in so many is tokens alone. */
const SOUP = 10;
const SOUP_TOKENS = 20;
/** The longest piece that is cut out, doubled or moved, as a rule. */
const PIECE_CHARS = 40;

type Mutation = (text: string, random: SeededRandom, material: FuzzMaterial) => string;

const MUTATIONS: readonly Mutation[] = [
  flip,
  cut,
  truncate,
  insert,
  insert,
  replace,
  duplicate,
  swap,
  splice,
];

/** One input: a seed with some changes, or a soup of tokens. */
export function nextInput(random: SeededRandom, material: FuzzMaterial): string {
  const isSoup = random.integer(1, SOUP) === 1;
  let text = isSoup ? soup(random, material) : pick(random, material.seeds);
  for (let left = random.integer(1, MOST_CHANGES); left > 0; left -= 1) {
    text = pick(random, MUTATIONS)(text, random, material);
  }
  return text.slice(0, material.maxChars);
}

/** One of the list; every one is as likely. */
export function pick<T>(random: SeededRandom, among: readonly T[]): T {
  const picked = among[random.integer(0, among.length - 1)];
  if (picked === undefined) throw new Error("there is nothing to pick from");
  return picked;
}

function soup(random: SeededRandom, { tokens }: FuzzMaterial): string {
  return Array.from({ length: random.integer(0, SOUP_TOKENS) }, () => pick(random, tokens)).join("");
}

/** One bit of one character, of the low byte as a rule. */
function flip(text: string, random: SeededRandom): string {
  if (text === "") return text;
  const at = random.integer(0, text.length - 1);
  const bit = random.integer(1, 8) === 1 ? random.integer(8, 15) : random.integer(0, 7);
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);
}

function cut(text: string, random: SeededRandom): string {
  const { start, end } = piece(text, random);
  return text.slice(0, start) + text.slice(end);
}

function truncate(text: string, random: SeededRandom): string {
  return text.slice(0, random.integer(0, text.length));
}

function insert(text: string, random: SeededRandom, { tokens }: FuzzMaterial): string {
  const at = random.integer(0, text.length);
  return text.slice(0, at) + pick(random, tokens) + text.slice(at);
}

function replace(text: string, random: SeededRandom, { tokens }: FuzzMaterial): string {
  const { start, end } = piece(text, random);
  return text.slice(0, start) + pick(random, tokens) + text.slice(end);
}

/** Once more, or many times. */
function duplicate(text: string, random: SeededRandom): string {
  const { start, end } = piece(text, random);
  const times = random.integer(1, 4) === 1 ? random.integer(2, 64) : 2;
  return text.slice(0, start) + text.slice(start, end).repeat(times) + text.slice(end);
}

/** Two neighbouring pieces change places. */
function swap(text: string, random: SeededRandom): string {
  const { start, end } = piece(text, random);
  const next = Math.min(text.length, end + random.integer(0, PIECE_CHARS));
  return text.slice(0, start) + text.slice(end, next) + text.slice(start, end) + text.slice(next);
}

/** The beginning of this one, and the end of another. */
function splice(text: string, random: SeededRandom, { seeds }: FuzzMaterial): string {
  const other = pick(random, seeds);
  return text.slice(0, random.integer(0, text.length)) + other.slice(random.integer(0, other.length));
}

function piece(text: string, random: SeededRandom): { readonly start: number; readonly end: number } {
  const start = random.integer(0, text.length);
  const most = random.integer(1, 8) === 1 ? text.length : PIECE_CHARS;
  return { start, end: Math.min(text.length, start + random.integer(0, most)) };
}
