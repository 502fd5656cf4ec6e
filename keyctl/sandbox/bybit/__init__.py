"""Bybit's V5 key endpoints, for reading and writing.

Facts come from https://bybit-exchange.github.io/docs/v5/user/ (apikey-info, list-sub-apikeys, subuid-list, page-subuid,
fund-subuid-list, create-subuid, create-subuid-apikey, modify-master-apikey, modify-sub-apikey, rm-master-apikey,
rm-sub-apikey, froze-subuid, rm-subuid), /docs/v5/guide (signing), /docs/v5/error, /docs/v5/rate-limit and
/docs/changelog/v5. Only HMAC keys are simulated, no RSA keys. Where the documentation is silent or says two things, one
reading is taken.

Every call:

- An error (``retCode`` other than 0) comes with HTTP status 200; only a path that does not exist comes with 404.
- The order of the checks: key, expiry, timestamp, signature, address, permission, rate, parameters.
- A parameter that is missing, of the wrong type or out of range, an account or key that is not the caller's, and a
  right that can't be had are all a parameter error (10001): no code is documented for them. Unknown parameters are
  ignored, and null is the same as absent (the documented sample of update-api sends ``"readOnly": null``).
- Integers are JSON numbers; text is not taken for one, nor is true.

Reading:

- A ``readOnly=1`` key that has a transfer or withdrawal right ticked may list sub-accounts
  (option ``read_only_lists_subaccounts: false`` refuses it with 10005).
- The boolean ``readOnly`` of the sub-account listing is true for a read-only key
  (option ``listing_read_only: inverted`` says the opposite).
- Cursors are row numbers: with a suffix of reserved characters in the key listing, so that encoding clients and others
  send different queries; counted from 1 in the sub-account listing, where "0" is the end.

- asset-overview, wallet-balance (/docs/v5/asset/balance/asset-overview, /docs/v5/account/wallet-balance) and
  market/tickers of spot (/docs/v5/market/tickers) show what a scenario says under ``balances`` (wallet → coin → amount)
  and ``prices`` (coin → USD). Any key may ask for its own account, a master's also for a sub-account by ``memberId``:
  no right is documented for it. An account that holds nothing has an empty unified and an empty funding wallet. A coin
  without a price counts for nothing in totals, and its ``usdValue`` is 0. Every coin with a price has a pair in USDT.

Writing:

- A ``readOnly=1`` key writes nothing (10005), whatever is ticked.
- create-sub-api and update-sub-api take the rights that a sub-account can have; others, unknown groups and unknown
  values are refused unless their list is empty. CopyTrading and NFT, deprecated as "always ``[]``", are taken and
  dropped. Derivatives is never added unasked. One right at least must remain, on update too if ``permissions`` is sent.
- ``permissions`` replaces the whole set: a group that it leaves out is cleared.
- ``readOnly`` absent from an update is the documented default, 0: the key becomes read-write.
- ``ips`` absent from update-sub-api, or ``*``, unbinds the key; the 90 days then count from that moment, not from the
  key's creation. Text with commas and lists of such texts are taken; each entry is one IPv4 or IPv6 address: networks,
  an empty list and ``*`` beside addresses are refused. There is no limit on their number. A key that ended after its 90
  days and is bound by its master works again.
- update-api has no ``ips``: one that is sent is ignored, as an unknown parameter is. Withdraw is not among the values
  of Wallet there: it is dropped when sent, and gone once ``permissions`` is sent. FiatP2P, FiatBitPay and
  FiatConvertBroker stay as they are when left out, and a change of them is refused. Affiliate must be the only right.
- A key that the master names in ``apikey`` must be of one of its own sub-accounts. A sub-account's key that names one,
  itself too, is refused.
- A new key comes last in its account's listing. Its answer has the groups of the documented sample, though the sample
  also shows an Earn right that nobody asked for, and this one does not.
- Option ``creates_keys: false`` refuses create-sub-api with 81007, as Bybit EU does.
- Freezing a sub-account shows in the ``status`` of the lists. What it does to the account's keys is documented nowhere:
  they go on working here, so that nobody takes a freeze for a revocation.
- Deleting a sub-account deletes its keys. What lies in it does not stand in the way. Only POST does it: the
  GET that ccxt has for it is a path that does not exist.
- Keys and accounts that are gone are as if they had never been: 10003 for their keys. Ids are never used again.
- Other endpoints do not exist here (10017).
"""

from __future__ import annotations

from keyctl.sandbox.bybit.exchange import Bybit

__all__ = ["Bybit"]
