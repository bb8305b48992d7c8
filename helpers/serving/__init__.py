"""One machine draws for a class: a fair queue and batches (Ray Serve), and the learner's side.

    line.py       who is next: pure rules, no network
    asked.py      what may be asked, checked before it waits
    drawing.py    a batch of requests through the loop, each with its own answer
    room.py       the queue at work, and what happens when a replica dies: plain asyncio
    door.py       HTTP, tokens, and the teacher's page
    app.py        Ray Serve around it: replicas, restarts, several machines
    client.py     the learner's side, `load("http://teacher:8000")`: needs none of the above

The room keeps every request until its last piece was made. A replica holds nothing: whatever it was
drawing when it died is drawn again from the beginning, and pieces that were sent are not repeated.
"""
