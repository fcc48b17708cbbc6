/** What a person wrote behind the command: arguments and flags, by name. */
export interface Given<N extends string = string> {
  /** A flag's value or its default, or an argument; undefined where it was left out. */
  text(name: N): string | undefined;
  /** An argument that must be there. */
  one(name: N): string;
  /** An argument that may stand several times. */
  list(name: N): readonly string[];
  isOn(name: N): boolean;
  /** A number that is not negative. */
  number(name: N): number | undefined;
  /** The flags that were written, without defaults. */
  written(): Readonly<Record<string, string | boolean>>;
}
