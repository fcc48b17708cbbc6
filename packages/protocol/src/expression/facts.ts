/** How the values of a fact are written and compared. */
export type FactKind =
  | { readonly kind: "text" | "version" | "network" | "time" }
  | { readonly kind: "choice"; readonly choices: readonly string[] };

export type Fact = FactKind & {
  /** Who says so: the ACS, by what it keeps and did, or the device, which may say anything. */
  readonly heldBy: "acs" | "device";
  readonly meaning: string;
};

const text = { kind: "text", heldBy: "device" } as const;
const version = { kind: "version", heldBy: "device" } as const;
const time = { kind: "time", heldBy: "device" } as const;

/** Every fact of a device that an expression may ask for, besides its parameters. */
export const facts = {
  key: { ...text, meaning: "its key, `OUI-ProductClass-SerialNumber`" },
  manufacturer: { ...text, meaning: "the name of its maker" },
  oui: { ...text, meaning: "its vendor, six hexadecimal digits" },
  productClass: { ...text, meaning: "its product class; empty where it has none" },
  serialNumber: { ...text, meaning: "its serial number" },
  model: { ...text, meaning: "`OUI-ProductClass`; the OUI alone where it has no product class" },
  softwareVersion: { ...version, meaning: "the software that it runs" },
  hardwareVersion: { ...version, meaning: "the hardware that it is" },
  root: { ...text, meaning: "`Device.` or `InternetGatewayDevice.`" },
  tag: { kind: "text", heldBy: "acs", meaning: "a tag that somebody gave it; it may have several" },
  approval: {
    kind: "choice",
    choices: ["waiting", "approved", "rejected"],
    heldBy: "acs",
    meaning: "whether it may be managed",
  },
  credentials: {
    kind: "choice",
    choices: ["none", "staged", "confirmed", "refused", "rotating"],
    heldBy: "acs",
    meaning: "how it stands with credentials of its own",
  },
  enrolledBy: {
    kind: "choice",
    choices: ["certificate", "open-enrolment", "first-contact"],
    heldBy: "acs",
    meaning: "how it came in",
  },
  enrolled: { kind: "time", heldBy: "acs", meaning: "when it came in" },
  reachability: {
    kind: "choice",
    choices: ["connected", "wakeable", "unreachable"],
    heldBy: "device",
    meaning: "whether calls reach it now",
  },
  transport: {
    kind: "choice",
    choices: ["classic", "light"],
    heldBy: "device",
    meaning: "what its last connection was",
  },
  subprotocol: { ...text, meaning: "what it speaks over a light connection" },
  address: { kind: "network", heldBy: "device", meaning: "where its last authenticated Inform came from" },
  lastInform: { ...time, meaning: "when its last Inform came" },
  lastBoot: { ...time, meaning: "when it last said that it booted" },
  lastBootstrap: { ...time, meaning: "when it last said that it starts from nothing" },
} as const satisfies Readonly<Record<string, Fact>>;

export type FactName = keyof typeof facts;

export function isFactName(name: string): name is FactName {
  return Object.hasOwn(facts, name);
}

/** The fact, seen as any other. */
export function factOf(name: FactName): Fact {
  return facts[name];
}
