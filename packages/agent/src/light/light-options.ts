/** What a device can speak over a connection, in the order in which it would rather. */
export const SUBPROTOCOLS = ["cwmp.json", "cwmp.soap", "v12.stomp"] as const;

export type Subprotocol = (typeof SUBPROTOCOLS)[number];

/** How a device speaks light where its ACS does. */
export interface LightOptions {
  /** What it offers to speak, in its order of preference; at least one. All of {@link SUBPROTOCOLS} where not given. */
  readonly subprotocols?: readonly Subprotocol[];
  /** How its Informs say so [LIGHT 1.1]: for an ACS or a device whose SOAP stack knows one of them alone. Both where not given. */
  readonly advertise?: "header" | "parameter" | "both";
  /** How many calls the ACS may have open at once; more get fault 9004. 8 where not given. */
  readonly maxInFlight?: number;
  /** How many of its last answers it keeps, so that nothing runs twice. 16 where not given. */
  readonly replayWindow?: number;
  /** Asks for empty messages in place of pings, where the transport cannot see those. */
  readonly keepAlive?: boolean;
}

/** With every choice made. */
export type LightSettings = Required<LightOptions>;

const DEFAULTS: LightSettings = {
  subprotocols: SUBPROTOCOLS,
  advertise: "both",
  maxInFlight: 8,
  replayWindow: 16,
  keepAlive: false,
};

export function isSubprotocol(name: string): name is Subprotocol {
  return SUBPROTOCOLS.some((subprotocol) => subprotocol === name);
}

/** Undefined for a device that does not speak light. */
export function lightSettings(light: "not" | LightOptions = {}): LightSettings | undefined {
  return light === "not" ? undefined : { ...DEFAULTS, ...light };
}

export function advertisesBy({ advertise }: LightSettings, means: "header" | "parameter"): boolean {
  return advertise === "both" || advertise === means;
}
