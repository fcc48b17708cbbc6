/** The types a parameter value may carry on the wire [TR-106 A.2.3]. */
export const valueTypes = [
  "string",
  "int",
  "unsignedInt",
  "long",
  "unsignedLong",
  "boolean",
  "dateTime",
  "base64",
  "hexBinary",
  "decimal",
] as const;

export type ValueType = (typeof valueTypes)[number];

/**
 * A parameter value in its one compact form [LIGHT 3]: a bare string is `string`, a bare boolean `boolean`, a bare integer
 * the parameter's known type or else `unsignedInt` (`int` if negative), and everything else a pair of text and type.
 * `null` is "no value": it comes in answers only and is never set.
 */
export type CompactValue = string | boolean | number | readonly [text: string, type: ValueType] | null;

/** Values grouped by object, leaf names inside: `{"Device.WiFi.Radio.1.": {"Channel": 36}}` [LIGHT 3]. */
export type ParameterValues = Grouped<CompactValue>;

/** Writable flags grouped by object; an object's own flag stands under `""` [LIGHT 3]. */
export type ParameterNames = Grouped<boolean>;

/** Attributes grouped by object [LIGHT 3]. A field left out is not changed when it is set. */
export type ParameterAttributes = Grouped<Attributes>;

export type Attributes = {
  /** 0 off, 1 passive, 2 active, 3–6 the lightweight kinds [CWMP 1.4 A.3.2.4]. */
  readonly Notification?: number;
  readonly AccessList?: readonly string[];
};

/** Names such as `__proto__` are data: make one with {@link grouped}, never by assigning into a literal. */
export type Grouped<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;
