import { isSecretName } from "./secret-names.ts";

/** Questions that are remembered until they are answered; as many as a device is asked at once. */
const MOST_ASKED = 256;

/** Knows which answers hold values without names that are no secrets: by what was asked [LIGHT 3]. */
export class ValuesAlone {
  readonly #harmless = new Set<string>();

  /** A call leaves; `id`: where its text does not say it. */
  asked(text: string, id?: string): void {
    if (!text.includes('"Shape"')) return;
    const call = parse(text);
    const names = namesIn(member(call, "params") ?? call);
    const name = id ?? idOf(call);
    if (names === undefined || name === undefined || names.some(isSecretName)) return;
    this.#harmless.add(name);
    for (const oldest of this.#harmless) {
      if (this.#harmless.size <= MOST_ASKED) break;
      this.#harmless.delete(oldest);
    }
  }

  /** Whether the values of the answer may be shown. */
  mayShow(text: string, id?: string): boolean {
    if (this.#harmless.size === 0 || !text.includes('"Values"')) return false;
    const name = id ?? idOf(parse(text));
    return name !== undefined && this.#harmless.delete(name);
  }
}

function idOf(token: unknown): string | undefined {
  const id = member(token, "id");
  return typeof id === "string" || typeof id === "number" ? `${typeof id} ${id}` : undefined;
}

function namesIn(params: unknown): readonly string[] | undefined {
  const names = member(params, "ParameterNames");
  if (!Array.isArray(names)) return undefined;
  const all = names.filter((name) => typeof name === "string");
  return all.length === names.length ? all : undefined;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.entries(value).find(([each]) => each === name)?.[1];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
