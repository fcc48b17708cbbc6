/** The items of a parameter whose value is a list, as of event codes; an empty text has none. */
export function itemsOf(list: string): readonly string[] {
  return list
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
