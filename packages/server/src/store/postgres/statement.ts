import type { Values } from "../database.ts";

/** One statement as changes and questions ask it. */
export interface Statement {
  readonly sql: string;
  readonly values: Values;
}

/** A statement's text with its values by number, and the names of these in order. */
export interface Numbered {
  readonly text: string;
  readonly names: readonly string[];
}

/** What may look like the name of a value and is none comes first: quoted text, and a cast. */
const NAMES = /'[^']*'|::|:([A-Za-z]\w*)/g;

export function numbered(sql: string): Numbered {
  const names: string[] = [];
  const text = sql.replace(NAMES, (found: string, name: string | undefined) => {
    if (name === undefined) return found;
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  return { text, names };
}
