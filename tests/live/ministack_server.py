"""MiniStack, with CRC32C and CRC64NVME reckoned by the AWS CRT.

Its own are loops in Python, right but slow: half a minute for an upload of 64 MiB. That both agree is checked first.
The arguments are those of hypercorn.
"""

import sys

from awscrt import checksums
from hypercorn.__main__ import main
from ministack.services import s3

SAMPLE = bytes(range(256)) * 3

for name, reckon in (("_crc32c", checksums.crc32c), ("_crc64nvme", checksums.crc64nvme)):
    if getattr(s3, name)(SAMPLE) != reckon(SAMPLE):
        sys.exit(f"{name} of MiniStack differs from the CRT's")
    setattr(s3, name, reckon)

main()
