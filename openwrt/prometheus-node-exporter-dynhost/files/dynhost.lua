-- The states of DynHost names, in the program's own words.

local function scrape()
  local program = assert(io.popen("/usr/bin/dynhost status --prometheus 2>/dev/null"))
  local text = program:read("*a")

  program:close()
  if text == "" then
    error("dynhost gave no metrics; run: dynhost status")
  end
  output((text:gsub("\n+$", "")))
end

return { scrape = scrape }
