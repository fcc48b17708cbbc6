import { UNKNOWN_TIME } from "@heliograph/protocol";
import type { CompactValue, ValueType } from "@heliograph/protocol";
import type { PlainValue } from "./plain-value.ts";

interface Declared<T extends ValueType, V extends PlainValue> {
  readonly type: T;
  /** What it holds at first and after a factory reset; "", 0 or false where not given. */
  readonly value?: V;
  /** Where the value lives elsewhere: asked at each reading, in place of a kept value. */
  readonly get?: () => V;
  /** Whether the ACS may set it. */
  readonly writable?: boolean;
  /** Why a new value is refused (fault 9007); undefined where it is good. */
  readonly check?: (value: V) => string | undefined;
  /**
   * Called with each new value that the ACS sets. Where it throws, the whole SetParameterValues is undone: the
   * parameters that were set before it get their former values through their own `onSet`.
   */
  readonly onSet?: (value: V) => void;
  /** Reads back as an empty string, as passwords do. */
  readonly hidden?: boolean;
  /** The Notification attribute at first [CWMP 1.4 A.3.2.4]; 0 where not given. */
  readonly notification?: number;
  /** Its changes are notified actively whatever the ACS sets. */
  readonly alwaysNotified?: boolean;
}

/** The Notification attribute that asks for a session at each change. */
const ACTIVE = 2;

type TextType = Exclude<ValueType, "boolean" | "int" | "unsignedInt">;

/** One parameter: type, value and what happens when it is set. */
export type ParameterDeclaration =
  | Declared<"boolean", boolean>
  | Declared<"int", number>
  | Declared<"unsignedInt", number>
  | Declared<TextType, string>;

/** A parameter of a device, whatever its type. Values given to it are of its type: {@link readValue} makes them so. */
export interface Parameter {
  readonly type: ValueType;
  readonly writable: boolean;
  /** True where the kept value is not the declared one. */
  readonly isChanged: boolean;
  /** The value as it is, a hidden one included. */
  read(): PlainValue;
  /** The value as the ACS sees it. */
  show(): PlainValue;
  /** Why the value is refused; undefined where it is good. */
  refusal(value: PlainValue): string | undefined;
  /** Keeps the value without telling anybody. */
  keep(value: PlainValue): void;
  /** Keeps the value and hands it to `onSet`. */
  set(value: PlainValue): void;
  notification: number;
  accessList: readonly string[];
}

/** The bare forms are a declaration, too: a read-only parameter of that type and value. */
export function declaredBy(value: CompactValue): ParameterDeclaration {
  if (value === null) throw new Error("a parameter is declared with a value");
  if (typeof value === "string") return { type: "string", value };
  if (typeof value === "boolean") return { type: "boolean", value };
  if (typeof value === "number") return { type: value < 0 ? "int" : "unsignedInt", value };
  const [text, type] = value;
  if (type === "boolean") return { type, value: text === "true" || text === "1" };
  if (type === "int" || type === "unsignedInt") return { type, value: Number(text) };
  return { type, value: text };
}

export function parameter(declaration: ParameterDeclaration): Parameter {
  if (declaration.type === "boolean") return new HeldParameter(declaration, booleans);
  if (declaration.type === "int" || declaration.type === "unsignedInt") {
    return new HeldParameter(declaration, numbers);
  }
  return new HeldParameter(declaration, textKind(declaration.type));
}

interface Kind<V extends PlainValue> {
  readonly empty: V;
  readonly is: (value: PlainValue) => value is V;
}

const NOBODY: readonly string[] = [];

/** A device has hundreds of these, and a process may have thousands of devices: what they share is in the prototype. */
class HeldParameter<V extends PlainValue> implements Parameter {
  accessList = NOBODY;
  readonly #declaration: Declared<ValueType, V>;
  readonly #kind: Kind<V>;
  #held: V;
  #notification: number;

  constructor(declaration: Declared<ValueType, V>, kind: Kind<V>) {
    this.#declaration = declaration;
    this.#kind = kind;
    this.#held = declaration.value ?? kind.empty;
    this.#notification = declaration.alwaysNotified === true ? ACTIVE : (declaration.notification ?? 0);
  }

  get type(): ValueType {
    return this.#declaration.type;
  }

  get writable(): boolean {
    return this.#declaration.writable ?? false;
  }

  get isChanged(): boolean {
    const { get, value = this.#kind.empty } = this.#declaration;
    return get === undefined && this.#held !== value;
  }

  get notification(): number {
    return this.#notification;
  }

  set notification(value: number) {
    if (this.#declaration.alwaysNotified !== true) this.#notification = value;
  }

  read(): V {
    return this.#declaration.get?.() ?? this.#held;
  }

  show(): V {
    return this.#declaration.hidden === true ? this.#kind.empty : this.read();
  }

  refusal(value: PlainValue): string | undefined {
    if (!this.#kind.is(value)) return `not a ${this.type}`;
    return this.#declaration.check?.(value);
  }

  keep(value: PlainValue): void {
    this.#held = this.#own(value);
  }

  set(value: PlainValue): void {
    const own = this.#own(value);
    this.#held = own;
    this.#declaration.onSet?.(own);
  }

  #own(value: PlainValue): V {
    if (!this.#kind.is(value))
      throw new TypeError(`a parameter of type ${this.type} cannot hold a ${typeof value}`);
    return value;
  }
}

const booleans: Kind<boolean> = { empty: false, is: isBoolean };
const numbers: Kind<number> = { empty: 0, is: isNumber };
const texts: Kind<string> = { empty: "", is: isString };
const times: Kind<string> = { empty: UNKNOWN_TIME, is: isString };
const numerals: Kind<string> = { empty: "0", is: isString };

function textKind(type: TextType): Kind<string> {
  if (type === "dateTime") return times;
  return type === "string" || type === "base64" || type === "hexBinary" ? texts : numerals;
}

function isBoolean(value: PlainValue): value is boolean {
  return typeof value === "boolean";
}

function isNumber(value: PlainValue): value is number {
  return typeof value === "number";
}

function isString(value: PlainValue): value is string {
  return typeof value === "string";
}
