"""One offline HTML file about a run or a study: to open anywhere, to print, and to read without any other file.

``report``    the function, and where its file goes
``page``      head, policy of the browser, style and script
``run``       the page of a run; its parts are in ``overview``, ``atlas``, ``tasks``, ``keys``, ``chain``, ``learning``,
              ``checks``
``study``     the page of a study; its parts are in ``settings``, ``means``, ``dots``, ``gaps``
``training``  the page of a policy that was trained
``places``    finding a run's trace again, and what stands where
``roads``     where vehicles drive
``frames``    who is where, doing what, at some instants
``sketch``    all of these drawn
``chart``     lines over time; ``bars`` parts of a whole; ``axis`` ticks; ``thin`` fewer points
``table``     tables
``batches``   how far a mean of one run may be trusted
``source``    a number, and the table that it comes from
``wording``   numbers as people read them
``html``      elements, with everything escaped
"""
