/** The data model of a small device: every leaf with its value. */
export const LEAVES: readonly (readonly [path: string, value: string | number | boolean])[] = [
  ["Device.DeviceInfo.SoftwareVersion", "1.0"],
  ["Device.DeviceInfo.HardwareVersion", "7"],
  ["Device.ManagementServer.ConnectionRequestURL", "http://192.0.2.7:7547/lamp"],
  ["Device.X_5A5A5A_Lamp.Brightness", 70],
  ["Device.X_5A5A5A_Lamp.Enable", true],
];

/** Paths of objects. */
export const OBJECTS: readonly string[] = [
  "Device.",
  "Device.DeviceInfo.",
  "Device.ManagementServer.",
  "Device.X_5A5A5A_Lamp.",
];

/** The leaves that a name means; undefined where there is nothing of that name. */
export function leavesOf(name: string): typeof LEAVES | undefined {
  const isPartial = name === "" || name.endsWith(".");
  const found = LEAVES.filter(([path]) => (isPartial ? path.startsWith(name) : path === name));
  return found.length === 0 ? undefined : found;
}

/** What is right below a path: objects and leaves. `withItself` is what no device should say. */
export function namesBelow(path: string, withItself: boolean): readonly string[] {
  const all = [...OBJECTS, ...LEAVES.map(([leaf]) => leaf)];
  const isNext = (name: string): boolean =>
    name.startsWith(path) && name !== path && !name.slice(path.length, -1).includes(".");
  return all.filter((name) => isNext(name) || (withItself && name === path));
}
