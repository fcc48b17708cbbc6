const PAGE_ITEMS = 500;

export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

export interface Collected<T> {
  readonly items: readonly T[];
  /** False where `limit` left some out. */
  readonly isAll: boolean;
}

/** The items of one page after the other, until there are no more or there are `limit`. */
export async function collect<T>(
  limit: number,
  read: (query: PageQuery) => Promise<Page<T>>,
): Promise<Collected<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  while (items.length < limit) {
    const wanted = Math.min(limit - items.length, PAGE_ITEMS);
    const page = await read({ limit: wanted, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.next;
    if (cursor === undefined) return { items, isAll: true };
  }
  return { items, isAll: false };
}
