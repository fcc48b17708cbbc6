import { runMachines } from "./machines-scenario.ts";

await runMachines("light-processes");
