/** How a device speaks light where its ACS does. */
export interface LightOptions {
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

/** What a device speaks over a connection, in its order of preference. */
export const SUBPROTOCOLS: readonly string[] = ["cwmp.json"];

const DEFAULTS: LightSettings = { advertise: "both", maxInFlight: 8, replayWindow: 16, keepAlive: false };

/** Undefined for a device that does not speak light. */
export function lightSettings(light: "not" | LightOptions = {}): LightSettings | undefined {
  return light === "not" ? undefined : { ...DEFAULTS, ...light };
}

export function advertisesBy(light: LightSettings | undefined, means: "header" | "parameter"): boolean {
  return light !== undefined && (light.advertise === "both" || light.advertise === means);
}
