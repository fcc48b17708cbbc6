import { dropIllegal } from "./characters.ts";

const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** A reference as XML has it; group 1 is a character's number, group 2 an entity's name. */
const REFERENCE = /&(?:#([0-9]+|x[0-9A-Fa-f]+)|([A-Za-z_:\u0080-\uFFFF][\w:.\u0080-\uFFFF-]*));/g;

/**
 * Character data with its references resolved [XML 1.0 4.1]. An `&` that starts no reference stays, since real devices
 * send it. Undefined where an entity is named that XML does not predefine.
 */
export function resolveText(raw: string): string | undefined {
  return raw.includes("&") ? resolveReferences(raw) : raw;
}

/** An attribute's value; its white space reads as spaces [XML 1.0 3.3.3]. */
export function resolveAttribute(raw: string): string | undefined {
  return resolveText(raw.includes("\n") || raw.includes("\t") ? raw.replaceAll(/[\t\n]/g, " ") : raw);
}

function resolveReferences(text: string): string | undefined {
  const unknown: string[] = [];
  const resolved = text.replaceAll(
    REFERENCE,
    (reference, number: string | undefined, name: string | undefined) => {
      if (number !== undefined) return character(number);
      const meaning = PREDEFINED.get(name ?? "");
      if (meaning === undefined) unknown.push(reference);
      return meaning ?? "";
    },
  );
  return unknown.length === 0 ? resolved : undefined;
}

/** Empty for a character that XML does not allow. */
function character(number: string): string {
  const codePoint = number.startsWith("x") ? Number.parseInt(number.slice(1), 16) : Number(number);
  return codePoint <= 0x10ffff ? dropIllegal(String.fromCodePoint(codePoint)) : "";
}
