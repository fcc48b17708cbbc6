import { deviceKey, type DeviceId, type DeviceKey } from "@heliograph/protocol";
import { chance } from "./chance.ts";
import { spokenBy, type Mix, type Spoken } from "./mix.ts";
import { kindsOfDevice, type DeviceKind } from "./models/device-kind.ts";
import { troubles, type Trouble, type TroubleShares } from "./trouble.ts";

/** What a whole fleet is drawn from. Of one plan every device is always the same. */
export interface FleetPlan {
  readonly seed: number;
  /** What all serial numbers begin with. */
  readonly name: string;
  readonly mix: Mix;
  readonly kinds: readonly DeviceKind[];
  readonly troubles: TroubleShares;
}

/** One device before it is switched on. */
export interface Blueprint {
  readonly key: DeviceKey;
  readonly deviceId: DeviceId;
  readonly kind: DeviceKind;
  readonly speaks: Spoken;
  readonly troubles: ReadonlySet<Trouble>;
}

/** No vendor's: locally administered addresses begin like it. */
const OUI = "F0F0F0";
const SERIAL_DIGITS = 6;

/** The device of that number, 0 being the first. */
export function blueprint(plan: FleetPlan, index: number): Blueprint {
  const { seed, name, kinds } = plan;
  const drawn = chance(seed, "blueprint", index);
  const kind = drawn.pick(kinds);
  const deviceId = {
    Manufacturer: "Heliograph",
    OUI,
    ProductClass: kindsOfDevice[kind].productClass,
    SerialNumber: `${name}${String(index + 1).padStart(SERIAL_DIGITS, "0")}`,
  };
  const key = deviceKey(deviceId);
  if (key === undefined) throw new Error(`a device cannot be called ${deviceId.SerialNumber}`);
  const troubled = troubles.filter((trouble) => drawn.happens(plan.troubles[trouble] ?? 0));
  return { key, deviceId, kind, speaks: spokenBy(plan.mix, index), troubles: new Set(troubled) };
}
