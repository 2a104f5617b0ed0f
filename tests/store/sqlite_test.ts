import { openTestStore } from "../support/store.ts";
import { conformance } from "./conformance.ts";

conformance({ name: "sqlite", ignored: "", open: openTestStore });
