// The conformance suite on engine "webgpu".
import { conformanceTests } from "./conformance_tests.ts";

await conformanceTests("webgpu");
