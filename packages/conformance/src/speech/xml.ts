/** What an envelope of the other side is read with: enough for messages whose shape the kit asked for. */
export function elementIn(
  text: string,
  name: string,
): { readonly attributes: string; readonly inside: string } | undefined {
  const found = new RegExp(
    `<(?:[\\w.-]+:)?${name}((?:\\s[^>]*?)?)(?:/>|>([^]*?)</(?:[\\w.-]+:)?${name}\\s*>)`,
  ).exec(text);
  return found === null ? undefined : { attributes: found[1] ?? "", inside: found[2] ?? "" };
}

/** The text of the first element of that local name; undefined where there is none. */
export function textIn(text: string, name: string): string | undefined {
  const inside = elementIn(text, name)?.inside.trim();
  return inside === undefined ? undefined : unescapeXml(inside);
}

/** The insides of all elements of that local name. */
export function elementsIn(text: string, name: string): readonly string[] {
  const pattern = `<(?:[\\w.-]+:)?${name}(?:\\s[^>]*)?>([^]*?)</(?:[\\w.-]+:)?${name}\\s*>`;
  return [...text.matchAll(new RegExp(pattern, "g"))].map(([, inside = ""]) => inside);
}

/** The namespace of the first element of that local name; undefined where there is none, or its prefix is declared nowhere. */
export function namespaceIn(text: string, name: string): string | undefined {
  const found = new RegExp(`<(?:([\\w.-]+):)?${name}[\\s/>]`).exec(text);
  if (found === null) return undefined;
  const declared = found[1] === undefined ? "xmlns" : `xmlns:${found[1]}`;
  return new RegExp(`\\s${declared}\\s*=\\s*["']([^"']*)["']`).exec(text)?.[1];
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

function unescapeXml(text: string): string {
  return text.replace(/&(#x[\da-fA-F]+|#\d+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith("#")) return NAMED.get(name) ?? whole;
    return String.fromCodePoint(Number(`0${name.slice(1)}`.replace(/^0(\d)/, "$1")));
  });
}
