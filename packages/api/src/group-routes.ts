import { Device, DevicePath } from "./devices.ts";
import {
  Group,
  GroupChangePage,
  GroupList,
  GroupMemberPage,
  GroupPaging,
  GroupPath,
  GroupRequest,
  MembershipList,
  TagPath,
} from "./groups.ts";
import { json, nothing, route } from "./route.ts";

const DEVICE = "/api/v1/devices/{key}";
const GROUPS = "/api/v1/groups";
const GROUP = `${GROUPS}/{name}` as const;

/** Who belongs together, and the tags by which people say so. */
export const groupRoutes = {
  addTag: route({
    method: "PUT",
    path: `${DEVICE}/tags/{tag}`,
    tag: "devices",
    summary: "Give a device a tag",
    params: TagPath,
    answers: { 200: json("The device, with the tag", Device) },
    problems: ["unknown-device", "too-many-tags", "store-full"],
  }),
  removeTag: route({
    method: "DELETE",
    path: `${DEVICE}/tags/{tag}`,
    tag: "devices",
    summary: "Take a tag from a device",
    params: TagPath,
    answers: { 200: json("The device, without the tag", Device) },
    problems: ["unknown-device", "store-full"],
  }),
  listGroupsOfDevice: route({
    method: "GET",
    path: `${DEVICE}/groups`,
    tag: "groups",
    summary: "List the groups that a device belongs to",
    params: DevicePath,
    answers: { 200: json("Its groups, in the order of their names", MembershipList) },
    problems: ["unknown-device"],
  }),
  listGroups: route({
    method: "GET",
    path: GROUPS,
    tag: "groups",
    summary: "List groups, in the order of their names",
    answers: { 200: json("Groups", GroupList) },
    problems: [],
  }),
  getGroup: route({
    method: "GET",
    path: GROUP,
    tag: "groups",
    summary: "Get a group",
    params: GroupPath,
    answers: { 200: json("The group", Group) },
    problems: ["unknown-group"],
  }),
  setGroup: route({
    method: "PUT",
    path: GROUP,
    tag: "groups",
    summary: "Make a group, or change what it is",
    description:
      "Members follow: devices as they change, and all that there are in the background where the expression is another. " +
      "Each that joins or leaves has an event, `group-joined` or `group-left`, which says why.",
    params: GroupPath,
    body: GroupRequest,
    answers: { 200: json("The group", Group) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type"] as const),
      ...(["invalid-expression", "too-many-groups", "policy-name-taken", "store-full"] as const),
    ],
  }),
  removeGroup: route({
    method: "DELETE",
    path: GROUP,
    tag: "groups",
    summary: "Remove a group",
    description: "Its devices stay as they are; there is no event for each of them.",
    params: GroupPath,
    answers: { 204: nothing("Removed") },
    problems: ["unknown-group", "store-full"],
  }),
  listGroupMembers: route({
    method: "GET",
    path: `${GROUP}/members`,
    tag: "groups",
    summary: "List the members of a group, in the order of their keys",
    params: GroupPath,
    query: GroupPaging,
    answers: { 200: json("Members", GroupMemberPage) },
    problems: ["unknown-group"],
  }),
  listGroupChanges: route({
    method: "GET",
    path: `${GROUP}/changes`,
    tag: "groups",
    summary: "List who joined and left a group, and why, newest first",
    params: GroupPath,
    query: GroupPaging,
    answers: { 200: json("Events `group-joined` and `group-left`", GroupChangePage) },
    problems: ["unknown-group"],
  }),
};
