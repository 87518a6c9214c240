// The page's beginning: follows the address, asks, draws.

import "./style/index.css";
import { render } from "preact";
import { start } from "./live/live.ts";
import { App } from "./shell/App.tsx";
import { followHistory } from "./state/store.ts";

followHistory();
start();
render(<App />, document.body);
