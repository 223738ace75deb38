import { watchNetlinkGroup } from "./group.ts";
import { decodeLink, RTM_DELLINK, RTM_NEWLINK, type Link } from "./links.ts";
import { decodeMessages } from "./message.ts";

const [NETLINK_ROUTE, RTNLGRP_LINK] = [0, 1];
/** What bridges say of their ports; the last 15 s after a container's start. */
const AF_BRIDGE = 7;

/** `missed`: more came than the kernel could keep, so anything may have changed. */
export type LinkNews = { readonly type: "changed" | "gone"; readonly link: Link } | { readonly type: "missed" };

/** Tells what becomes of the interfaces of this network namespace, whoever does it. */
export function watchLinks(onNews: (news: LinkNews) => void): Disposable {
  const take = (datagram: Buffer | undefined): void => {
    if (datagram === undefined) {
      onNews({ type: "missed" });
      return;
    }
    for (const message of decodeMessages(datagram)) {
      if (message.type === RTM_NEWLINK) onNews({ type: "changed", link: decodeLink(message) });
      else if (message.type === RTM_DELLINK) onNews({ type: "gone", link: decodeLink(message) });
    }
  };
  return watchNetlinkGroup(NETLINK_ROUTE, RTNLGRP_LINK, take, { withoutFamily: AF_BRIDGE });
}
