import htmx from "htmx.org";

import { CopyText } from "./elements/copy-text";
import { DropDown } from "./elements/drop-down";
import { LocalTime } from "./elements/local-time";

// Our content security policy allows neither inline styles nor eval.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
// Pages hold prompts: none of them may stay behind in the browser's storage.
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;

customElements.define("copy-text", CopyText);
customElements.define("drop-down", DropDown);
customElements.define("local-time", LocalTime);
