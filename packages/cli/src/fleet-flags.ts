import type { Flag } from "./command.ts";

const DEFAULT_ACS = "http://127.0.0.1:7547/";

const TROUBLE = "What goes wrong on purpose";

/** What `simulate` takes. */
export const fleetFlags = [
  { name: "devices", value: "count", default: "20", help: "how many devices there are" },
  {
    name: "mix",
    value: "light|classic|mixed|percent|shares",
    default: "mixed",
    help: "what they speak: mixed is half light, a percentage so many light; or shares such as json=4,soap=1,stomp=1,classic=2",
  },
  {
    name: "subprotocol",
    value: "name",
    help: "what the light ones speak, where --mix has no shares: cwmp.json, cwmp.soap or v12.stomp; else cwmp.json",
  },
  {
    name: "kinds",
    value: "kind,…",
    help: "what they are: router, ont, set-top-box, smart-meter; else all of these",
  },
  { name: "rate", value: "devices", default: "50", help: "how many are switched on a second" },
  { name: "duration", value: "time", help: "how long they live, such as 60s or 5min; else until Ctrl-C" },
  { name: "acs", value: "url", default: DEFAULT_ACS, help: "the ACS they inform" },
  {
    name: "device-user",
    value: "name",
    default: "device",
    help: "what they log in with at first, with --device-password",
  },
  {
    name: "device-password",
    value: "password",
    help: "else HELIOGRAPH_DEVICE_PASSWORD, which other people of this machine cannot see; without it they rely on open enrolment",
  },
  { name: "name", value: "prefix", default: "SIM", help: "what their serial numbers begin with" },
  { name: "seed", value: "number", default: "1", help: "of one seed the fleet is always the same" },
  {
    name: "state",
    value: "folder",
    help: "where devices remember what they were given, so that the same ones come again; else they forget",
  },
  { name: "inform-interval", value: "seconds", help: "between periodic Informs; else 300" },
  { name: "changes", value: "count", default: "6", help: "values of each device that change in an hour" },
  {
    name: "listen",
    value: "host:port",
    default: "127.0.0.1:0",
    help: "where connection requests are taken, all on one port; the ACS must reach it",
  },
  {
    name: "nat",
    value: "host:port",
    help: "behind a NAT, where only UDP reaches them: the ACS's STUN server, by address, such as 127.0.0.1:3478",
  },
  { name: "tree", value: "count", help: "parameters that each has besides those of its kind, such as 5000" },
  {
    name: "max-names",
    value: "count",
    heading: TROUBLE,
    help: "more parameters in one answer are refused with 9004",
  },
  {
    name: "bad-name",
    value: "path",
    heading: TROUBLE,
    help: "a parameter that makes each read with it fail",
  },
  { name: "no-empty-path", heading: TROUBLE, help: "an empty path is refused" },
  { name: "slow", value: "percent", heading: TROUBLE, help: "devices that take seconds to answer" },
  { name: "failing", value: "percent", heading: TROUBLE, help: "devices that refuse some RPCs with a fault" },
  {
    name: "dropping",
    value: "percent",
    heading: TROUBLE,
    help: "devices whose connection breaks off about once a minute",
  },
  {
    name: "rebooting",
    value: "percent",
    heading: TROUBLE,
    help: "devices that lose power about once a minute",
  },
  {
    name: "transfers",
    value: "trouble=percent,…",
    heading: TROUBLE,
    help: "devices that, of files, are denied, corrupt, power-loss, late, reboots, keyless or twice, such as corrupt=10,late=5",
  },
  { name: "json", help: "JSON on standard output, for programs" },
] as const satisfies readonly Flag[];

export type FleetFlag = (typeof fleetFlags)[number]["name"];
