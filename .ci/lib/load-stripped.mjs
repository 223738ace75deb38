// node --import load-stripped.mjs
import { loadStripped } from "./stripped.mjs";

loadStripped();
