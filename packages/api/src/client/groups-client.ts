import type { Device } from "../devices.ts";
import type {
  Group,
  GroupChangePage,
  GroupList,
  GroupMemberPage,
  GroupPaging,
  GroupRequest,
  MembershipList,
} from "../groups.ts";
import type { CallOptions } from "./call-options.ts";
import { askJson, segments, type Transport } from "./transport.ts";

/** Groups of devices, and the tags by which people put devices into them. */
export interface GroupsClient {
  list(options?: CallOptions): Promise<GroupList>;
  get(name: string, options?: CallOptions): Promise<Group>;
  /** Makes the group, or changes what it is. */
  set(name: string, request: GroupRequest, options?: CallOptions): Promise<Group>;
  remove(name: string, options?: CallOptions): Promise<void>;
  members(name: string, query?: GroupPaging, options?: CallOptions): Promise<GroupMemberPage>;
  /** Who joined and left, and why; newest first. */
  changes(name: string, query?: GroupPaging, options?: CallOptions): Promise<GroupChangePage>;
  /** Those that a device belongs to. */
  of(device: string, options?: CallOptions): Promise<MembershipList>;
  addTag(device: string, tag: string, options?: CallOptions): Promise<Device>;
  removeTag(device: string, tag: string, options?: CallOptions): Promise<Device>;
}

export function groupsClient(transport: Transport): GroupsClient {
  const group = (...rest: readonly string[]): string => segments("groups", ...rest);
  const tag = (device: string, name: string): string => segments("devices", device, "tags", name);
  return {
    list: ({ signal } = {}) => askJson(transport, { method: "GET", path: "groups", signal }),
    get: (name, { signal } = {}) => askJson(transport, { method: "GET", path: group(name), signal }),
    set: (name, body, { signal } = {}) =>
      askJson(transport, { method: "PUT", path: group(name), body, signal }),
    async remove(name, { signal } = {}) {
      await transport({ method: "DELETE", path: group(name), signal });
    },
    members: (name, query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: group(name, "members"), query: { ...query }, signal }),
    changes: (name, query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: group(name, "changes"), query: { ...query }, signal }),
    of: (device, { signal } = {}) =>
      askJson(transport, { method: "GET", path: segments("devices", device, "groups"), signal }),
    addTag: (device, name, { signal } = {}) =>
      askJson(transport, { method: "PUT", path: tag(device, name), signal }),
    removeTag: (device, name, { signal } = {}) =>
      askJson(transport, { method: "DELETE", path: tag(device, name), signal }),
  };
}
