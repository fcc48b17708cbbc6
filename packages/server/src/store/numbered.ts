/** A statement's text with its values by number, and the names of these in order. */
export interface Numbered {
  readonly text: string;
  readonly names: readonly string[];
}

/** What may look like the name of a value and is none comes first: quoted text, and a cast. */
const NAMES = /'[^']*'|::|:([A-Za-z]\w*)/g;

/** `mark` is what the database writes before a value's number. */
export function numbered(sql: string, mark: "$" | "?"): Numbered {
  const names: string[] = [];
  const text = sql.replace(NAMES, (found: string, name: string | undefined) => {
    if (name === undefined) return found;
    if (!names.includes(name)) names.push(name);
    return `${mark}${names.indexOf(name) + 1}`;
  });
  return { text, names };
}
