export { unreachable } from "@heliograph/protocol";
