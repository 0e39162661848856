import { TraceWaterfall } from "./elements/trace-waterfall";

customElements.define("trace-waterfall", TraceWaterfall);
