# Asks with each body that is given: pycurl_client.py URL BODY...
import io
import sys

import pycurl

handle = pycurl.Curl()
for body in sys.argv[2:]:
    answer = io.BytesIO()
    handle.setopt(pycurl.URL, sys.argv[1])
    handle.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json"])
    handle.setopt(pycurl.POSTFIELDS, body)
    handle.setopt(pycurl.WRITEDATA, answer)
    handle.perform()
    print(handle.getinfo(pycurl.RESPONSE_CODE), answer.getvalue().decode())
handle.close()
